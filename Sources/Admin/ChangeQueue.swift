import Domain
import Storage

/// Runs changes one after another, in the order in which they were asked for.
///
/// A change that has begun runs to its end, though the request that asked for it may be cancelled: what is
/// committed is always published. The time of a change is when its turn has come.
actor ChangeQueue {
    private let now: @Sendable () -> Timestamp
    private var last: Task<Void, Never>?

    init(now: @escaping @Sendable () -> Timestamp) { self.now = now }

    func run<Value: Sendable>(
        _ context: ChangeContext, _ change: @escaping @Sendable (ChangeContext) async throws -> Value
    ) async throws -> Value {
        try await run { [now] in
            var context = context
            context.now = now()
            return try await change(context)
        }
    }

    func run<Value: Sendable>(_ change: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let previous = last
        let task = Task {
            await previous?.value
            return try await change()
        }
        last = Task { _ = await task.result }
        return try await task.value
    }
}
