package import Domain
package import NIOCore
package import NIOHTTP1
import Providers
import Telemetry
package import Upstream

/// Takes every request under `/v1/` on its event loop and lets all others through to the router behind it.
///
/// The thin shell around ``Exchange``: it tells the machine what happens and performs what that says. It owns
/// the connection's one exchange under way, its permit and its transfer, and settles it exactly once. NIO's
/// pipelining handler stands before it, so a connection has one request at a time.
package final class ProxyHandler: ChannelDuplexHandler {
    package typealias InboundIn = HTTPServerRequestPart
    package typealias InboundOut = HTTPServerRequestPart
    package typealias OutboundIn = HTTPServerResponsePart
    package typealias OutboundOut = HTTPServerResponsePart

    private let worker: Worker
    private var context: ChannelHandlerContext?
    private var current: OpenExchange?
    private var isClosing = false
    private var isQuiescing = false
    private let writer = ResponseWriter()
    /// The context that bytes are written to: ``ConnectionWatch`` sets it.
    var front: ChannelHandlerContext?
    /// True while the end of a response is told to the pipelining handler: see ``RelayGate``.
    private(set) var isEndingRelay = false
    /// Its place among the worker's live exchanges.
    var place = 0

    package init(worker: Worker) { self.worker = worker }

    package func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    package func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    // MARK: From the client

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard Self.takes(head) else { return context.fireChannelRead(data) }
            begin(head)
        case .body(let bytes):
            guard current != nil else { return context.fireChannelRead(data) }
            current?.record.requestBytes += bytes.readableBytes
            perform(current?.machine.requestBody(bytes.readableBytes) ?? .none, bytes)
        case .end:
            guard current != nil else { return context.fireChannelRead(data) }
            perform(current?.machine.requestEnd() ?? .none)
        }
    }

    /// What is no plain path is refused here too, so that no spelling reaches the router as something else.
    private static func takes(_ head: HTTPRequestHead) -> Bool {
        head.uri.hasASCIIPrefix("/v1/") || head.uri.isASCII("/v1") || !head.uri.hasASCIIPrefix("/")
            || head.method == .CONNECT || head.method == .TRACE
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        writer.flush(to: front)
        context.fireChannelReadComplete()
        // Once the request is whole, ConnectionWatch reads on.
        if isClosing || !(current?.machine.isRequestComplete ?? true) { readOn() }
    }

    package func read(context: ChannelHandlerContext) {
        if wantsToRead { context.read() }
    }

    private var wantsToRead: Bool {
        guard let current, let transfer = current.transfer else { return true }
        return current.machine.isEnded || transfer.unsentUploadBytes < GatewayLimits.uploadWindow
    }

    private func readOn() {
        if wantsToRead { context?.read() }
    }

    package func channelInactive(context: ChannelHandlerContext) {
        clientLeft()
        context.fireChannelInactive()
    }

    /// The client has closed its side, or all of it: whatever is under way for it ends.
    func clientLeft() {
        guard current != nil else { return }
        perform(current?.machine.clientGone() ?? .none)
    }

    /// True while a request of this handler's is under way: its end of input means that the client left.
    var isServing: Bool { current.map { !$0.machine.isEnded } ?? false }

    /// True while the whole request is in and its answer is not out.
    var awaitsResponse: Bool { current.map { $0.machine.isRequestComplete && !$0.machine.isEnded } ?? false }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard current == nil else { return clientLeft() }
        // The parser's word on the rest of a request that was given up already is no request.
        guard !isClosing else { return }
        guard error is HTTPParserError else { return context.fireErrorCaught(error) }
        begin(refusing: .malformedRequest(.framing))
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        current?.transfer?.setReceiving(context.channel.isWritable)
        context.fireChannelWritabilityChanged()
    }

    /// The server is to stop: the answer under way is the connection's last.
    func quiesce() { isQuiescing = current != nil }

    // MARK: Phase 1 and 2: admission and route

    private func begin(_ head: HTTPRequestHead) {
        let current = OpenExchange(
            head,
            ExchangeRecord(
                id: worker.makeRequestID(), startedAt: worker.settlement.wallClock(),
                method: head.method.known,
                endpoint: "none", outcome: .completed))
        self.current = current
        worker.enter(self)
        do throws(Rejection) {
            let facts = try admit(current)
            let isHeld = facts.isJSON && facts.hasBody
            let limit = isHeld ? worker.limits.jsonBody : worker.limits.upload
            let length = facts.contentLength ?? 0
            guard length <= limit else { throw .bodyTooLarge(limit: limit) }
            current.machine = Exchange(body: isHeld ? .held : .streamed, limit: limit)
            if facts.expectsContinue { writeContinue() }
            if !isHeld { dispatch(current) }
        } catch {
            refuse(current, error)
        }
    }

    private func admit(_ current: OpenExchange) throws(Rejection) -> RequestFacts {
        let endpoint = try PathPolicy.check(method: current.head.method.rawValue, target: current.head.uri)
        current.record.endpoint = endpoint.kind.rawValue
        let facts = try RequestFacts(current.head)
        let permit = try worker.admission.admit(authorization: facts.authorization, in: worker.directory)
        current.record.project = permit.route.id
        current.record.accessToken = permit.grant.id
        current.admitted = OpenExchange.Admitted(permit: permit, endpoint: endpoint, facts: facts)
        if case .remote = permit.route.upstream, permit.route.key == nil { throw .noUpstreamCredential }
        return facts
    }

    private func refuse(_ current: OpenExchange, _ rejection: Rejection) {
        current.machine = Exchange(rejected: rejection)
        reply(.rejection(rejection))
    }

    /// A request that could not even be parsed.
    private func begin(refusing rejection: Rejection) {
        let current = OpenExchange(
            HTTPRequestHead(version: .http1_1, method: .GET, uri: "/"),
            ExchangeRecord(
                id: worker.makeRequestID(), startedAt: worker.settlement.wallClock(), method: "none",
                endpoint: "none", outcome: .rejected(rejection)))
        self.current = current
        worker.enter(self)
        refuse(current, rejection)
        writer.flush(to: front)
    }

    private func writeContinue() {
        writer.proceed()
        writer.flush(to: front)
    }

    // MARK: Performing

    private func perform(_ action: Exchange.Action, _ bytes: ByteBuffer = ByteBuffer()) {
        switch action {
        case .none, .discard: break
        case .hold: hold(bytes)
        case .upload: current?.transfer?.upload(bytes)
        case .finishUpload: current?.transfer?.finishUpload()
        case .dispatch: dispatchHeld()
        case .relayHead: break
        case .relayBody:
            current?.record.responseBytes += bytes.readableBytes
            writer.body(bytes, to: front)
        case .finish:
            writer.end()
            settle(.completed)
            endResponse()
        case .reply(let reply): self.reply(reply)
        case .abort(let outcome): abort(outcome)
        case .release(let closing): release(closing: closing)
        }
    }

    private func hold(_ bytes: ByteBuffer) {
        guard let current else { return }
        let missing = current.held.readableBytes + bytes.readableBytes - current.reserved
        if missing > 0 {
            guard worker.limits.hold(missing) else { return perform(current.machine.refuse(.overloaded)) }
            current.reserved += missing
        }
        if current.held.readableBytes == 0 {
            current.held = bytes
        } else {
            current.held.writeImmutableBuffer(bytes)
        }
    }

    private func letGoOfBody(_ current: OpenExchange) {
        current.held = ByteBuffer()
        worker.limits.release(current.reserved)
        current.reserved = 0
    }

    private func dispatchHeld() {
        guard let current else { return }
        do throws(Rejection) {
            let peek = current.held.withUnsafeReadableBytes { bytes in
                Result { () throws(Rejection) in try BodyPeek.peek(bytes) }
            }
            current.record.model = try peek.get().model
        } catch {
            return perform(current.machine.refuse(error))
        }
        dispatch(current)
    }

    // MARK: Phase 3 to 5: forward

    private func dispatch(_ current: OpenExchange) {
        guard let admitted = current.admitted else { return }
        let body: UpstreamRequest.Body =
            !admitted.facts.hasBody
            ? .none
            : admitted.facts.isJSON ? .held(current.held) : .streamed(length: admitted.facts.contentLength)
        switch admitted.permit.route.upstream {
        case .dummy:
            let transfer = DummyTransfer(
                method: admitted.endpoint.method, path: "/v1" + admitted.endpoint.rest(of: current.head.uri),
                body: body,
                now: worker.settlement.wallClock(), eventLoop: worker.eventLoop, sink: self)
            current.transfer = transfer
            transfer.start()
        case .remote(let origin, let basePath):
            var head = worker.transfers.makeHead()
            head.setTarget(basePath, admitted.endpoint.rest(of: current.head.uri))
            HeaderPolicy.upstream(current.head, admitted.facts, into: &head)
            let request = UpstreamRequest(
                origin: origin, method: UpstreamRequest.Method(admitted.endpoint.method), head: head,
                body: body,
                credential: admitted.permit.route.credential)
            current.transfer = worker.transfers.start(request, sink: self)
        }
        if context?.channel.isWritable == false { current.transfer?.setReceiving(false) }
    }

    /// The access token was revoked, or the project closed, since admission.
    func cutIfClosed() {
        guard let permit = current?.admitted?.permit, !permit.isOpen else { return }
        perform(current?.machine.accessClosed(permit.closure) ?? .none)
        writer.flush(to: front)
    }

    // MARK: Phase 6 to 9: relay and settle

    private func relayHead(_ head: UpstreamHead) {
        guard let current else { return }
        letGoOfBody(current)
        started(head.status)
        writer.relay(
            head, id: current.record.id, version: current.head.version,
            closing: !current.keepsAlive || isQuiescing)
    }

    private func started(_ status: Int) {
        guard let startedAt = current?.startedAt else { return }
        current?.record.status = status
        current?.record.firstByteNanoseconds = (NIODeadline.now() - startedAt).nanoseconds
    }

    private func reply(_ reply: Exchange.Reply) {
        guard let current else { return }
        current.transfer?.cancel()
        let error = reply.apiError
        started(error.status)
        writer.reply(
            error, reason: reply.reason, id: current.record.id, withBody: current.head.method != .HEAD,
            closing: !current.keepsAlive || isQuiescing || reply.closesConnection)
        settle(reply.outcome)
        endResponse()
    }

    private func endResponse() {
        guard let current else { return }
        let closing = !current.keepsAlive || current.machine.isClosing
        if current.machine.isRequestComplete {
            release(closing: closing)
        } else {
            if closing { closeOutputThenDrain() }
            // Reading may have paused for an upload that nobody takes any more.
            readOn()
        }
    }

    /// Tells the pipelining handler that the response is out.
    private func tellEnd(_ promise: EventLoopPromise<Void>? = nil) {
        guard let context else { return }
        writer.flush(to: front)
        isEndingRelay = true
        context.write(wrapOutboundOut(.head(Self.anyHead)), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
        isEndingRelay = false
    }

    private static let anyHead = HTTPResponseHead(version: .http1_1, status: .ok)

    /// The response is out and the request is not: close our side, so that the client reads the answer before
    /// it learns that nobody takes its body, and give it a moment to stop.
    private func closeOutputThenDrain() {
        guard let context else { return }
        writer.flush(to: front)
        front?.close(mode: .output, promise: nil)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .seconds(2)) { bound.value.close(promise: nil) }
    }

    private func abort(_ outcome: Outcome) {
        current?.transfer?.cancel()
        settle(outcome)
        current = nil
        isClosing = true
        writer.flush(to: front)
        context?.close(promise: nil)
    }

    private func settle(_ outcome: Outcome) {
        guard let current, !current.isSettled else { return }
        current.isSettled = true
        letGoOfBody(current)
        current.record.outcome = outcome
        current.record.durationNanoseconds = (NIODeadline.now() - current.startedAt).nanoseconds
        current.record.wasDispatched = current.transfer?.wasDispatched ?? false
        worker.leave(self)
        worker.settlement.settle(current.admitted?.permit, current.record)
    }

    /// Both halves are done: the connection is free for the next request, or goes.
    private func release(closing: Bool) {
        current = nil
        guard let context else { return }
        guard closing || isQuiescing else {
            tellEnd()
            front?.read()
            return
        }
        writer.flush(to: front)
        isClosing = true
        let promise = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        promise.futureResult.whenComplete { _ in bound.value.close(promise: nil) }
        front?.writeAndFlush(NIOAny(ByteBuffer()), promise: promise)
    }
}

extension ProxyHandler: TransferSink {
    package func transferMayDispatch() -> Bool { current?.admitted?.permit.isOpen ?? false }

    package func transferDidReceiveHead(_ head: UpstreamHead) {
        guard let action = current?.machine.upstreamHead(head.status) else { return }
        if action == .relayHead { relayHead(head) } else { perform(action) }
    }

    package func transferDidReceiveBody(_ bytes: ByteBuffer) {
        perform(current?.machine.upstreamBody() ?? .none, bytes)
    }

    package func transferDidTakeUpload() { readOn() }

    package func transferDidEnd(_ failure: UpstreamFailure?) {
        guard let permit = current?.admitted?.permit else { return }
        if failure == .cancelled, !permit.isOpen {
            perform(current?.machine.accessClosed(permit.closure) ?? .none)
        } else {
            perform(current?.machine.upstreamEnd(failure) ?? .none)
        }
    }

    package func transferDidDeliver() { writer.flush(to: front) }
}

extension HTTPMethod {
    /// Its name from a bounded set, for the log.
    fileprivate var known: StaticString {
        switch self {
        case .GET: "GET"
        case .POST: "POST"
        case .DELETE: "DELETE"
        case .PUT: "PUT"
        case .PATCH: "PATCH"
        case .HEAD: "HEAD"
        case .OPTIONS: "OPTIONS"
        default: "other"
        }
    }
}

extension UpstreamRequest.Method {
    init(_ method: Endpoint.Method) {
        switch method {
        case .get: self = .get
        case .post: self = .post
        case .delete: self = .delete
        }
    }
}
