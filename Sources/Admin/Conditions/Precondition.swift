import Synchronization

/// What has to hold at the moment of a request's change: looked at in the queue of changes, where nothing
/// comes between the look and the change. Only the first change of a request is held to it.
final class Precondition: Sendable {
    /// Of the request that this task answers.
    @TaskLocal static var current: Precondition?

    private let isChecked = Atomic(false)
    private let check: @Sendable () async throws -> Void

    /// `check` throws where it does not hold.
    init(_ check: @escaping @Sendable () async throws -> Void) { self.check = check }

    func require() async throws {
        guard !isChecked.exchange(true, ordering: .relaxed) else { return }
        try await check()
    }
}
