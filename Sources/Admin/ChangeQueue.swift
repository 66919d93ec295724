/// Runs changes one after another, in the order in which they were asked for.
///
/// A change that has begun runs to its end, though the request that asked for it may be cancelled: what is
/// committed is always published. What a request requires (``Precondition``) is looked at when its turn has
/// come.
actor ChangeQueue {
    private var last: Task<Void, Never>?

    func run<Value: Sendable>(_ change: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let previous = last
        let precondition = Precondition.current
        let task = Task {
            await previous?.value
            try await precondition?.require()
            return try await change()
        }
        last = Task { _ = await task.result }
        return try await task.value
    }
}
