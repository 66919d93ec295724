package import NIOCore

/// The data path's workers, one per event loop.
package struct Workers: Sendable {
    private let byLoop: [ObjectIdentifier: NIOLoopBound<Worker>]

    /// Makes a worker on each loop of `group`.
    package init(on group: any EventLoopGroup, _ make: @escaping @Sendable (any EventLoop) -> Worker)
        async throws
    {
        var byLoop: [ObjectIdentifier: NIOLoopBound<Worker>] = [:]
        for eventLoop in group.makeIterator() {
            byLoop[ObjectIdentifier(eventLoop)] = try await eventLoop.submit {
                NIOLoopBound(make(eventLoop), eventLoop: eventLoop)
            }.get()
        }
        self.byLoop = byLoop
    }

    /// The worker of the loop this is called on.
    package func worker(of eventLoop: any EventLoop) -> Worker {
        guard let bound = byLoop[ObjectIdentifier(eventLoop)] else {
            preconditionFailure("an event loop that is not of the group")
        }
        return bound.value
    }

    /// Ends every exchange that is not over; streams of events are told so first. Returns when all have
    /// ended.
    package func cutAll() async { await onEach { $0.cutAll() } }

    /// Runs `body` on every worker's loop, all at once, and waits until all have.
    func onEach(_ body: @escaping @Sendable (Worker) -> Void) async {
        let running = byLoop.values.map { bound in bound.eventLoop.submit { body(bound.value) } }
        // A loop that is shut down carries nothing any more: what it would have refused it cannot send.
        for future in running { try? await future.get() }
    }

    /// Returns when every loop has done what it was given before.
    package func settled() async { await onEach { _ in } }

    /// Runs `body` on one worker's loop, whichever. Throws what the loop does once it is shut down.
    func onOne<Value: Sendable>(
        _ body: @escaping @Sendable (Worker) -> Value
    ) async throws -> Value {
        guard let bound = byLoop.values.first else { preconditionFailure("there is no event loop") }
        return try await bound.eventLoop.submit { body(bound.value) }.get()
    }
}
