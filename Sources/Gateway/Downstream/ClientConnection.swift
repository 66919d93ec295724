import Domain
import Glibc
package import NIOCore
package import NIOHTTP1

/// A connection with a client: takes requests off its bytes, one at a time and in order, and gives each to
/// the data path (``ProxyHandler``) or to the router after it.
///
/// The only reader of the socket. It decides nothing: it tells ``ConnectionMachine`` what happens, and
/// performs what that says.
///
/// ```
/// socket ─ ClientConnection ┬─ /v1/: ProxyHandler ─ transfers
///                           └─ all else: HTTP/1 encoder ─ RouterGate ─ … ─ router
/// ```
package final class ClientConnection: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = HTTPServerRequestPart
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    static let proceed: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"

    private(set) var context: ChannelHandlerContext?
    let worker: Worker
    private let proxy: ProxyHandler
    private let takesExchanges: Bool
    private var peer: Peer?
    /// The address among whose connections it is counted.
    private var countedAddress: IPAddress?
    /// Its place among the worker's connections.
    var place = 0
    var machine: ConnectionMachine
    private var isPerforming = false

    /// Who makes the router's handlers waits for its first request.
    var routed: EventLoopPromise<Void>?
    /// The router was handed something, and was not told yet that this was all for now.
    private var hasNews = false

    /// - Parameter takesExchanges: false gives `/v1/` to the router too, which has nothing there.
    package init(worker: Worker, takesExchanges: Bool = true) {
        self.takesExchanges = takesExchanges
        self.worker = worker
        machine = ConnectionMachine(worker.limits.head, at: .now())
        proxy = ProxyHandler(worker: worker)
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        proxy.connection = self
        worker.enter(self)
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        worker.leave(self)
        giveRoomBack()
        self.context = nil
        proxy.connection = nil
        routed?.fail(ChannelError.alreadyClosed)
        routed = nil
    }

    // MARK: - What happens

    package func channelActive(context: ChannelHandlerContext) {
        peer = Peer(context.channel.remoteAddress, worker.trustedProxies)
        context.fireChannelActive()
        machine.opened(takeRoom())
        goOn()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        machine.received(unwrapInboundIn(data))
        perform()
    }

    package func channelReadComplete(context: ChannelHandlerContext) { readOn() }

    /// The router asks for more.
    package func read(context: ChannelHandlerContext) {
        if machine.asksForMoreOfBody() { context.read() }
    }

    package func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        guard event is BodyWanted else { return context.triggerUserOutboundEvent(event, promise: promise) }
        if machine.bodyIsWanted() {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(staticString: Self.proceed)), promise: nil)
        }
        promise?.succeed()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        machine.disconnected()
        perform()
        context.fireChannelInactive()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        machine.failed()
        perform()
        if machine.hasRouter { context.fireErrorCaught(error) }
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        machine.isWritable = context.channel.isWritable
        proxy.setReceiving(machine.isWritable)
        context.fireChannelWritabilityChanged()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: machine.drain()
        case ChannelEvent.inputClosed: machine.inputEnded()
        default: return context.fireUserInboundEventTriggered(event)
        }
        goOn()
    }

    /// Every now and then: gives up a client that takes too long.
    func look(at now: NIODeadline) {
        if machine.look(at: now, takesUpload: { proxy.takesMore }, worker.limits) { goOn() }
    }

    /// Gives its place to another connection, if it is idle.
    func givePlace(at now: NIODeadline) -> Bool {
        guard machine.givesPlace(at: now) else { return false }
        perform()
        return true
    }

    // MARK: - What the exchange asks and says

    /// The client whose request this is; nil where the socket has no address.
    func client(of head: borrowing RequestHead) -> Client? { peer?.client(of: head, worker.trustedProxies) }

    var isWritable: Bool { machine.isWritable }

    /// This response is the connection's last.
    var isLastAnswer: Bool { machine.isLast }

    /// The last byte of the exchange's response is written. `isLast`: no request may follow it.
    func exchangeDidAnswer(isLast: Bool) {
        machine.answered(by: .exchange, isLast: isLast)
        goOn()
    }

    /// The exchange ends without the end of its response, see
    /// ``ConnectionMachine/cut(afterWriting:resets:)``.
    func cut(afterWriting: Bool, resets: Bool) {
        machine.cut(afterWriting: afterWriting, resets: resets)
        perform()
    }

    /// Reads as far as the request's owner takes it.
    func readOn() {
        if machine.asksForMore(takesUpload: { proxy.takesMore }, buffer: worker.limits.streamBuffer) {
            context?.read()
        }
    }

    /// Runs `action` on the event loop once the kernel has all that was written so far, or the connection is
    /// gone.
    func whenWritten(_ action: @escaping () -> Void) {
        proxy.flush()
        guard let context else { return action() }
        let written = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(action, eventLoop: context.eventLoop)
        written.futureResult.whenComplete { _ in bound.value() }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
    }

    // MARK: - Performing

    /// After an event that is not followed by ``channelReadComplete(context:)``.
    func goOn() {
        guard !isPerforming else { return }
        perform()
        readOn()
    }

    private func perform() {
        guard !isPerforming else { return }
        isPerforming = true
        var hasPerformed = false
        while let action = machine.next() {
            perform(action)
            hasPerformed = true
        }
        isPerforming = false
        guard hasPerformed else { return }
        proxy.flush()
        tellNews()
    }

    private func perform(_ action: consuming ConnectionMachine.Action) {
        switch consume action {
        case .head(let head, .exchange): proxy.begin(head)
        case .body(let bytes, .exchange): proxy.requestBody(bytes)
        case .end(.exchange): proxy.requestEnd()
        case .head(let head, .router):
            proxy.flush()
            tellRouter(.head(HTTPRequestHead(head)))
        case .body(let bytes, .router): tellRouter(.body(bytes))
        case .end(.router): tellRouter(.end(nil))
        case .callRouter:
            routed?.succeed()
            routed = nil
        case .endRouterInput:
            tellNews()
            context?.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        case .refuse(let rejection, let readsHTTP2):
            proxy.refuse(rejection, machine.refusedHead, readsHTTP2: readsHTTP2)
        case .refuseBody(let rejection): proxy.refuseBody(rejection)
        case .connection(let ending): perform(ending)
        }
    }

    private func perform(_ ending: ConnectionMachine.Ending) {
        switch ending {
        case .clientLeft: proxy.clientLeft()
        case .closeOutput:
            proxy.flush()
            context?.close(mode: .output, promise: nil)
        case .closeWhenWritten:
            whenWritten { [self] in
                machine.written()
                perform()
            }
        case .close(let resets):
            proxy.flush()
            if resets, let options = context?.channel as? any SocketOptionProvider {
                _ = options.setSoLinger(linger(l_onoff: 1, l_linger: 0))
            }
            context?.close(promise: nil)
        }
    }

    private func tellRouter(_ part: HTTPServerRequestPart) {
        hasNews = true
        context?.fireChannelRead(wrapInboundOut(part))
    }

    private func tellNews() {
        guard hasNews else { return }
        hasNews = false
        context?.fireChannelReadComplete()
    }

    // MARK: - Room for it

    /// A place among the connections that there may be: one of its address's share, or else, where operators
    /// come by the same listener, one of those that are kept for them.
    private func takeRoom() -> ConnectionMachine.Room {
        let capacity = worker.capacity
        if !takesExchanges { return capacity.openOperatorConnection() ? .operators : .none }
        if isCounted(), capacity.openConnection() || worker.makeRoom() { return .ordinary }
        if !capacity.limits.hasOperatorListener, capacity.openOperatorConnection() { return .reserve }
        return .none
    }

    /// False where its address has its share of the connections already.
    private func isCounted() -> Bool {
        guard let address = peer?.countedAddress else { return true }
        guard worker.capacity.openConnection(from: address) else { return false }
        countedAddress = address
        return true
    }

    private func giveRoomBack() {
        switch machine.room {
        case .ordinary: worker.capacity.closeConnection()
        case .operators, .reserve: worker.capacity.closeOperatorConnection()
        case .none: break
        }
        if let countedAddress { worker.capacity.closeConnection(from: countedAddress) }
    }
}
