import Domain
package import NIOCore
package import NIOHTTP1

/// A connection with a client: takes requests off its bytes, one at a time and in order, and gives each to
/// the data path (``ProxyHandler``) or to the router behind it.
///
/// The only reader of the socket. A request is not looked at before the answer to the one before it is out,
/// and never where that one's body could be, so nothing that a client sends is taken for a request that it
/// did not make. While an answer is under way it reads on, within a bound, to see the client leave.
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

    enum Phase {
        /// Between two requests, or within a head.
        case head
        /// The client has begun in HTTP/2, and what follows shows whether it reads frames.
        case preface
        /// The router's first request, until the router is there.
        case parked(RequestHead)
        case body(BodyReader)
        /// The request is in, its answer is not out.
        case answering
        /// No request comes any more; what does come is read past.
        case closing
    }

    /// Which of the connections that there may be it is.
    enum Room {
        case ordinary
        /// Of the operators' own listener.
        case operators
        /// Beyond the ordinary ones of a listener for clients: for one request that is not of the API.
        case reserve
        /// There was none.
        case none
    }

    static let proceed: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"

    private(set) var context: ChannelHandlerContext?
    let worker: Worker
    let proxy: ProxyHandler
    let takesExchanges: Bool
    var peer: Peer?
    /// The address among whose connections it is counted.
    var countedAddress: IPAddress?
    /// Its place among the worker's connections.
    var place = 0
    var input = ByteBuffer()
    /// More was asked of the socket, and has not come.
    private var isReading = false
    private(set) var isWritable = true
    var parser: HeadParser
    var phase = Phase.head
    /// Whose the request under way is.
    var isRouted = false
    var hasRouterBegun = false
    /// The client waits to be told that the body is wanted which it announced to the router.
    var awaitsProceed = false
    /// The router has answered a request whose body is still coming.
    var isAnsweredEarly = false
    private var keepsAlive = true
    private(set) var isHTTP11 = true
    private var isQuiescing = false
    var isParsing = false
    private var bytesReadPast = 0
    /// The end of the connection would be taken for the end of a response that was cut off.
    var endsWithReset = false
    /// The response was cut off, and its last event waits for the client. A server that stops does not wait.
    var isCutOff = false
    var isLingering = false
    var room = Room.none
    var timer = ClientTimer()
    var requestCount = 0
    var bodyBytes = 0
    /// The same, when the request under way began.
    var bodyStart = 0

    var routed: EventLoopPromise<Void>?
    var hasRouter = false
    /// The router was handed something, and was not told yet that this was all for now.
    var hasNews = false
    /// The client has sent all it will; what it asked of the router before that is still answered.
    private var hasInputEnded = false

    /// - Parameter takesExchanges: false gives `/v1/` to the router too, which has nothing there.
    package init(worker: Worker, takesExchanges: Bool = true) {
        self.takesExchanges = takesExchanges
        self.worker = worker
        parser = HeadParser(worker.limits.head)
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
        if let countedAddress { worker.capacity.closeConnection(from: countedAddress) }
        self.context = nil
        proxy.connection = nil
        routed?.fail(ChannelError.alreadyClosed)
        routed = nil
    }

    // MARK: - Reading

    package func channelActive(context: ChannelHandlerContext) {
        peer = Peer(context.channel.remoteAddress, worker.trustedProxies)
        context.fireChannelActive()
        takeRoom()
        if room == .none { refuse(.overloaded) }
        read()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = false
        var bytes = unwrapInboundIn(data)
        if input.readableBytes == 0 {
            input = bytes
        } else {
            // What was read would else be kept for as long as there is always a rest.
            input.discardReadBytes()
            input.writeBuffer(&bytes)
        }
        parse()
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        readOn()
    }

    /// The router asks for more.
    package func read(context: ChannelHandlerContext) {
        if isRouted, case .body = phase { read() }
    }

    private func read() {
        guard !isReading else { return }
        isReading = true
        context?.read()
    }

    package func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        guard event is BodyWanted else { return context.triggerUserOutboundEvent(event, promise: promise) }
        if awaitsProceed, !hasRouterBegun, case .body = phase {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(staticString: Self.proceed)), promise: nil)
        }
        awaitsProceed = false
        promise?.succeed()
    }

    /// Reads as far as whoever has the request takes it.
    func readOn() {
        let wantsMore =
            switch phase {
            case .head, .preface, .closing: true
            case .parked: false
            case .body: isRouted ? isAnsweredEarly : proxy.takesMore
            case .answering: input.readableBytes < worker.limits.streamBuffer
            }
        if wantsMore { read() }
    }

    package func channelInactive(context: ChannelHandlerContext) {
        proxy.clientLeft()
        phase = .closing
        context.fireChannelInactive()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        proxy.clientLeft()
        if hasRouter { context.fireErrorCaught(error) } else { context.close(promise: nil) }
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        proxy.setReceiving(isWritable)
        context.fireChannelWritabilityChanged()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: quiesce()
        case ChannelEvent.inputClosed where proxy.isServing: proxy.clientLeft()
        case ChannelEvent.inputClosed:
            hasInputEnded = true
            passOnEnd()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    /// The client has sent all it will: once what the router is asked has its answers, there is nothing more.
    ///
    /// Only where all that has come was looked at, for else the next request may be in ``input``.
    func passOnEnd() {
        guard hasInputEnded else { return }
        switch phase {
        case .parked, .answering: break
        case .preface: refuse(.malformedRequest(.http2))
        case .head, .body, .closing:
            guard hasRouter else { return close() }
            context?.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
    }

    /// The server is to stop: the answer under way is the last.
    private func quiesce() {
        isQuiescing = true
        switch phase {
        case .head, .preface: closeWhenWritten()
        // A body that nobody takes any more keeps nobody waiting.
        case .body where isRouted ? isAnsweredEarly : !proxy.isServing: finishEarly()
        case .closing where isCutOff: close()
        case .body, .parked, .answering, .closing: break
        }
    }

    /// The client whose request this is; nil where the socket has no address.
    func client(of head: borrowing RequestHead) -> Client? { peer?.client(of: head, worker.trustedProxies) }

    /// This answer is the connection's last.
    var isLastAnswer: Bool { isQuiescing || !keepsAlive }

    // MARK: - Framing

    func parse() {
        guard !isParsing else { return }
        isParsing = true
        while step() {}
        isParsing = false
        proxy.flush()
        if hasNews {
            hasNews = false
            context?.fireChannelReadComplete()
        }
        // A buffer is not kept for the sake of bytes that are read.
        if input.readableBytes == 0 { input = ByteBuffer() }
        passOnEnd()
    }

    /// False where nothing more can be done with what is there.
    private func step() -> Bool {
        do throws(Rejection) {
            switch phase {
            case .head:
                guard let head = try parser.next(from: &input) else { return false }
                try begin(consume head)
                parser = HeadParser(worker.limits.head)
                return true
            case .body(var reader):
                let piece = try reader.next(from: &input)
                phase = .body(reader)
                guard let piece else { return false }
                take(piece)
                return true
            case .preface:
                guard let readsFrames = HTTP2Refusal.readsFrames(input) else { return false }
                refuseHead(.malformedRequest(.http2), readsHTTP2: readsFrames)
                return true
            case .closing:
                readPast()
                return false
            case .parked, .answering: return false
            }
        } catch {
            if case .head = phase, error == .malformedRequest(.http2) {
                phase = .preface
            } else {
                refuse(error)
            }
            return true
        }
    }

    private func begin(_ head: consuming RequestHead) throws(Rejection) {
        requestCount += 1
        keepsAlive = head.keepsAlive && room != .reserve
        bodyStart = bodyBytes
        isHTTP11 = head.isHTTP11
        isAnsweredEarly = false
        hasRouterBegun = false
        bytesReadPast = 0
        isRouted = !takesExchanges || !head.isForProxy
        guard isRouted else {
            guard room != .reserve else { throw .overloaded }
            // It has left already: see passOnEnd.
            guard !hasInputEnded else { return close() }
            let hasBody = head.hasBody
            phase = hasBody ? .body(BodyReader(head.framing)) : .answering
            proxy.begin(consume head)
            if !hasBody { proxy.requestEnd() }
            return
        }
        try PathPolicy.checkForm(of: head)
        if hasRouter { return route(head) }
        phase = .parked(consume head)
        routed?.succeed()
        routed = nil
    }

    private func take(_ piece: BodyReader.Piece) {
        switch piece {
        case .bytes(let bytes):
            bodyBytes += bytes.readableBytes
            if !isRouted {
                proxy.requestBody(bytes)
            } else if !isAnsweredEarly {
                tellRouter(.body(bytes))
            } else {
                countReadPast(bytes.readableBytes)
            }
        case .end:
            guard case .body = phase else { return }
            phase = .answering
            if isRouted {
                tellRouter(.end(nil))
                if isAnsweredEarly { finish() }
            } else {
                proxy.requestEnd()
            }
        }
    }

    /// What is wrong with what the client sends. Behind it nothing can be told apart any more.
    func refuse(_ rejection: Rejection) {
        switch phase {
        case .head: refuseHead(rejection)
        // Whatever ends the wait for the rest of the preface.
        case .preface: refuseHead(.malformedRequest(.http2))
        case .parked, .body, .answering, .closing:
            if !isRouted {
                proxy.refuseBody(rejection)
            } else if !hasRouterBegun {
                phase = .closing
                proxy.refuse(rejection, RequestHead())
            }
            if case .body = phase {
                proxy.flush()
                close()
            }
        }
    }

    private func refuseHead(_ rejection: Rejection, readsHTTP2: Bool = false) {
        phase = .closing
        keepsAlive = false
        var head = parser.head(readFrom: input)
        // Web pages of other origins may call the API alone.
        if !takesExchanges || !head.isForProxy { head.fields = [] }
        proxy.refuse(rejection, head, readsHTTP2: readsHTTP2)
    }

    private func readPast() {
        countReadPast(input.readableBytes)
        input.clear()
    }

    private func countReadPast(_ count: Int) {
        bytesReadPast += count
        if bytesReadPast > GatewayLimits.discardedBytes { close() }
    }
}
