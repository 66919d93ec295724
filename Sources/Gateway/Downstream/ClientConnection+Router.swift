package import NIOCore

/// What the router's handlers, behind this one, ask and say.
extension ClientConnection {
    /// Done when the first request for the router is there; fails where the connection ends without one.
    package func whenRouted() -> EventLoopFuture<Void> {
        guard context != nil else { return worker.eventLoop.makeFailedFuture(ChannelError.alreadyClosed) }
        let promise = worker.eventLoop.makePromise(of: Void.self)
        if machine.isParked { promise.succeed() } else { routed = promise }
        return promise.futureResult
    }

    /// The router's handlers are in place after this one.
    package func startRouting() {
        machine.routerIsReady()
        goOn()
    }

    /// False where the router's response comes too late: the connection has answered itself.
    func routerMayAnswer() -> Bool { machine.routerMayAnswer() }

    /// The last byte of the router's response is on its way.
    func routerDidAnswer() {
        machine.answered(by: .router)
        goOn()
    }

    /// Of the request in flight.
    var isHTTP11: Bool { machine.isHTTP11 }
}
