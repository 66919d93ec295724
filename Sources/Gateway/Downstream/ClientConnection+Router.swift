package import NIOCore
import NIOHTTP1

/// Requests that are not for the data path go to the router's handlers, behind this one.
extension ClientConnection {
    /// Done when the first request for the router is there; fails where the connection ends without one.
    package func whenRouted() -> EventLoopFuture<Void> {
        guard context != nil else { return worker.eventLoop.makeFailedFuture(ChannelError.alreadyClosed) }
        let promise = worker.eventLoop.makePromise(of: Void.self)
        if case .parked = phase { promise.succeed() } else { routed = promise }
        return promise.futureResult
    }

    /// The router's handlers are in place behind this one.
    package func startRouting() {
        hasRouter = true
        guard case .parked(let head) = phase else { return }
        route(head)
        parse()
    }

    func route(_ head: RequestHead) {
        guard context != nil else { return }
        phase = head.hasBody ? .body(BodyReader(head.framing)) : .answering
        proxy.flush()
        awaitsProceed = head.expectsContinue && head.hasBody
        tellRouter(.head(HTTPRequestHead(head)))
        if !head.hasBody { tellRouter(.end(nil)) }
    }

    func tellRouter(_ part: HTTPServerRequestPart) {
        hasNews = true
        context?.fireChannelRead(wrapInboundOut(part))
    }

    /// False where the router's answer comes too late: the connection has answered itself.
    func routerMayAnswer() -> Bool {
        switch phase {
        case .body, .answering:
            hasRouterBegun = true
            return true
        case .head, .preface, .parked, .closing: return false
        }
    }

    /// The last byte of the router's answer is on its way.
    func routerDidAnswer() {
        switch phase {
        case .answering: finish()
        case .body where isLastAnswer: finishEarly()
        case .body: isAnsweredEarly = true
        case .head, .preface, .parked, .closing: break
        }
    }
}
