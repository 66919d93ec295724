import Domain
import NIOCore
import Providers
import Telemetry
import Upstream

/// Takes every request under `/v1/` of one connection on its event loop, one at a time.
///
/// The thin shell around ``Exchange``: it tells the machine what happens and performs what that says. It owns
/// the connection's one exchange under way, its permit and its transfer, and settles it exactly once.
/// ``ClientConnection`` frames the requests and knows the socket.
final class ProxyHandler {
    private let worker: Worker
    private var current: OpenExchange?
    private let writer: ResponseWriter
    /// Whose requests these are; nil once it is gone. It owns this handler.
    var connection: ClientConnection?
    /// Its place among the worker's live exchanges.
    var place = 0

    init(worker: Worker) {
        self.worker = worker
        writer = ResponseWriter(buffers: worker.buffers, date: worker.date)
    }

    // MARK: From the client

    func begin(_ head: consuming RequestHead) {
        let client = connection?.client(of: head)
        let current = open(head, method: head.method.name, client)
        do throws(Rejection) {
            guard current.hasPlace else { throw .overloaded }
            guard !worker.capacity.isDraining else { throw .draining }
            if let preflight = head.preflight { return try answer(preflight, current, head) }
            try admit(current, head, client)
            let isHeld =
                head.hasBody && (current.isJSON || (head.content == .form && needsModel(current)))
            if isHeld, head.hasContentEncoding { throw .contentCodingNotSupported }
            current.isHeld = isHeld
            let limit = isHeld ? worker.limits.jsonBody : worker.limits.upload
            if case .length(let length) = head.framing, length > limit { throw .bodyTooLarge(limit: limit) }
            current.machine = Exchange(body: isHeld ? .held : .streamed, limit: limit)
            if head.expectsContinue, head.hasBody { writer.proceed(to: connection?.context) }
            if isHeld {
                current.head = head
            } else {
                try openAccount(current, head, isHeldJSON: false, BodyPeek())
                dispatch(current, head)
            }
        } catch {
            refuse(current, error)
        }
    }

    func requestBody(_ bytes: ByteBuffer) {
        current?.record.requestBytes += bytes.readableBytes
        perform(current?.machine.requestBody(bytes.readableBytes) ?? .none, bytes)
    }

    func requestEnd() { perform(current?.machine.requestEnd() ?? .none) }

    /// A request that could not even be read, as a whole or behind its head.
    func refuse(_ rejection: Rejection, isHead: Bool, readsHTTP2: Bool = false) {
        var head = RequestHead()
        if isHead { head.method = .head }
        let current = open(head, method: "none", connection?.client(of: head))
        current.readsHTTP2 = readsHTTP2
        refuse(current, rejection)
    }

    /// The body turned out to be malformed, or does not come. Behind it nothing can be told apart any more.
    func refuseBody(_ rejection: Rejection) { perform(current?.machine.refuse(rejection) ?? .none) }

    /// The client has closed its side, or all of it: whatever is under way for it ends.
    func clientLeft() {
        guard current != nil else { return }
        perform(current?.machine.clientGone() ?? .none)
    }

    /// The client takes bytes, or has too many waiting.
    func setReceiving(_ isReceiving: Bool) { current?.transfer?.setReceiving(isReceiving) }

    func flush() { writer.flush(to: connection?.context) }

    /// True while a request is under way: the end of the client's input means that it left.
    var isServing: Bool { current.map { !$0.machine.isEnded } ?? false }

    /// False while an upload waits for the upstream.
    var takesMore: Bool {
        guard let current, let transfer = current.transfer else { return true }
        return current.machine.isEnded || transfer.unsentUploadBytes < worker.limits.streamBuffer
    }

    // MARK: Phase 1 and 2: admission and route

    private func open(
        _ head: borrowing RequestHead, method: StaticString, _ client: Client?
    ) -> OpenExchange {
        let current = OpenExchange(
            head,
            ExchangeRecord(
                id: worker.makeRequestID(), startedAt: worker.settlement.wallClock(), method: method,
                endpoint: "none", outcome: .completed))
        current.record.client = client?.text
        if let policy = worker.crossOrigin { writer.crossOrigin = policy.lines(for: head.text(of: "origin")) }
        current.hasPlace = worker.capacity.beginExchange()
        self.current = current
        worker.enter(self)
        return current
    }

    private func admit(
        _ current: OpenExchange, _ head: borrowing RequestHead, _ client: Client?
    ) throws(Rejection) {
        let endpoint = try endpoint(of: head)
        current.record.endpoint = endpoint.kind.rawValue
        if endpoint.method == .head, head.hasBody { throw .malformedRequest(.headBody) }
        if head.isJSON, head.hasContentEncoding, head.hasBody { throw .contentCodingNotSupported }
        let permit: Permit
        do throws(Rejection) {
            permit = try worker.admission.admit(
                head, to: endpoint.kind, from: client?.address, at: current.record.startedAt,
                in: worker.directory)
        } catch {
            switch worker.admission.refused(as: error, head, in: worker.directory) {
            case .known(let grant):
                current.record.project = grant.project
                current.record.accessToken = grant.id
            case .absent(let hash): current.absent = hash
            case nil: break
            }
            throw error
        }
        current.record.project = permit.route.id
        current.record.accessToken = permit.grant.id
        current.admitted = OpenExchange.Admitted(
            permit: permit, endpoint: endpoint,
            consumption: head.withTarget { Consumption(of: endpoint, in: $0) },
            client: client?.kind ?? .unknown)
        current.isJSON = head.isJSON || isReadAsJSON(current)
        if current.isJSON, head.hasContentEncoding, head.hasBody { throw .contentCodingNotSupported }
        if case .remote = permit.route.upstream, permit.route.key == nil { throw .noUpstreamCredential }
        if let models = permit.grant.grants.models, endpoint.kind == .models {
            let request = head.withTarget { ModelsRequest(endpoint, in: $0) }
            try permit.grant.grants.check(request)
            if request == .list {
                current.modelList = ModelList(models, isHead: current.isHead)
            }
        }
    }

    /// Where there is none, its client is told what to set as base URL.
    private func endpoint(of head: borrowing RequestHead) throws(Rejection) -> Endpoint {
        do throws(Rejection) {
            return try PathPolicy.check(head)
        } catch {
            guard case .unknownURL(let path) = error else { throw error }
            let baseURL = worker.baseURL.text(calledAs: head.text(of: "host"))
            throw .unknownURL(WrongPath(path.mistake, baseURL: baseURL))
        }
    }

    /// Browsers ask before they send what a page of another origin wants sent.
    private func answer(
        _ preflight: CrossOriginPolicy.Preflight, _ current: OpenExchange, _ head: borrowing RequestHead
    ) throws(Rejection) {
        try PathPolicy.checkForm(of: head)
        let fields = try CrossOriginPolicy.answer(to: preflight, by: worker.crossOrigin)
        current.machine = .answered()
        let now = worker.accounting.moment()
        started(current, 204, at: now)
        writer.reply(fields, ownFields(current, at: now, isOurs: true))
        settle(.completed)
        endResponse()
    }

    private func refuse(_ current: OpenExchange, _ rejection: Rejection) {
        current.machine = Exchange(rejected: rejection)
        reply(.rejection(rejection))
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
            relayBody(bytes)
        case .finish:
            if let rest = current?.account?.finish() { writer.body(rest, to: connection?.context) }
            writer.end()
            settle(.completed)
            endResponse()
        case .reply(let reply): self.reply(reply)
        case .abort(let outcome, let reply): abort(outcome, telling: reply)
        case .release(let closing): release(closing: closing)
        }
    }

    private func hold(_ bytes: ByteBuffer) {
        guard let current else { return }
        let missing = current.held.readableBytes + bytes.readableBytes - current.reserved
        if missing > 0 {
            guard worker.capacity.holdBody(missing) else {
                return perform(current.machine.refuse(.overloaded))
            }
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
        worker.capacity.releaseBody(current.reserved)
        current.reserved = 0
    }

    private func dispatchHeld() {
        guard let current, let head = current.head.take() else { return }
        do throws(Rejection) {
            guard current.isJSON else {
                current.record.model = try modelOfForm(current.held, head)
                try openAccount(current, head, isHeldJSON: false, BodyPeek())
                return dispatch(current, head)
            }
            let peek = try current.held.withUnsafeReadableBytes { bytes throws(Rejection) in
                try BodyPeek.peek(bytes)
            }
            current.record.model = peek.model
            try openAccount(current, head, isHeldJSON: true, peek)
        } catch {
            return perform(current.machine.refuse(error))
        }
        dispatch(current, head)
    }

    /// Some rule or limit depends on the body of an endpoint that knows JSON alone: an upstream may read it
    /// without looking at what the client calls it.
    private func isReadAsJSON(_ current: OpenExchange) -> Bool {
        guard let admitted = current.admitted, admitted.consumption.takesJSON else { return false }
        let grant = admitted.permit.grant
        return grant.quotas.hasLimits || grant.grants.models != nil || grant.grants.outputCap != nil
    }

    /// Some rule or limit depends on the model, which may stand behind the files of a form.
    private func needsModel(_ current: OpenExchange) -> Bool {
        guard let admitted = current.admitted, admitted.consumption != .free else { return false }
        let grant = admitted.permit.grant
        return grant.grants.models != nil || grant.quotas.needsModel
    }

    private func modelOfForm(
        _ body: ByteBuffer, _ head: borrowing RequestHead
    ) throws(Rejection) -> String? {
        try head.withValue(of: .contentType) { type throws(Rejection) in
            try body.withUnsafeReadableBytes { bytes throws(Rejection) in
                guard let type else { throw .malformedForm(.boundary) }
                return try MultipartPeek.model(in: bytes, contentType: type)
            }
        }
    }

    /// Nothing is dispatched without an account. `peek` is empty where the body is no JSON, or not held.
    private func openAccount(
        _ current: OpenExchange, _ head: borrowing RequestHead, isHeldJSON: Bool, _ peek: borrowing BodyPeek
    ) throws(Rejection) {
        guard let admitted = current.admitted else { return }
        var demand = Accounting.Demand(
            permit: admitted.permit, endpoint: admitted.endpoint, consumption: admitted.consumption,
            model: current.record.model, client: admitted.client, isHeld: isHeldJSON)
        if isHeldJSON {
            let rewrite = try BodyRewrite(of: current.held, peek, for: demand)
            demand.outputLimit = rewrite.outputLimit
            demand.isInjected = rewrite.isInjected
            rewrite.apply(to: &current.held)
            demand.bodyBytes = current.held.readableBytes
        } else if case .length(let length) = head.framing {
            demand.bodyBytes = length
        } else {
            demand.bodyBytes = current.held.readableBytes
        }
        current.account = try worker.accounting.open(demand, peek)
    }

    // MARK: Phase 3 to 5: forward

    private func dispatch(_ current: OpenExchange, _ head: borrowing RequestHead) {
        guard let admitted = current.admitted else { return }
        let body: UpstreamRequest.Body =
            switch head.framing {
            case .none: .none
            case _ where current.isHeld: .held(current.held)
            case .length(let length): .streamed(length: length)
            case .chunked: .streamed(length: nil)
            }
        switch admitted.permit.route.upstream {
        case .dummy:
            let transfer = DummyTransfer(
                DummyRequest(head, as: admitted.endpoint.method, admitted.permit.route, at: worker.now),
                body: body, service: worker.dummy, eventLoop: worker.eventLoop, sink: self)
            current.transfer = transfer
            transfer.start()
        case .remote(let origin, let basePath):
            var upstreamHead = worker.transfers.makeHead()
            head.withTarget { upstreamHead.setTarget(basePath, admitted.endpoint.rest(of: $0)) }
            HeaderPolicy.upstream(
                head, isMetered: admitted.consumption != .free || current.modelList != nil,
                into: &upstreamHead)
            upstreamHead.close()
            current.transfer = worker.transfers.start(
                UpstreamRequest(
                    origin: origin, method: UpstreamRequest.Method(admitted.endpoint.method),
                    head: upstreamHead, body: body, credential: admitted.permit.route.credential),
                sink: self)
        }
        if connection?.isWritable == false { current.transfer?.setReceiving(false) }
    }

    /// The access token was revoked, or the project closed, since admission.
    func cutIfClosed() {
        guard let permit = current?.admitted?.permit, !permit.isOpen else { return }
        perform(current?.machine.accessClosed(permit.closure) ?? .none)
        flush()
    }

    /// The server stops.
    func cut() {
        perform(current?.machine.serverStops() ?? .none)
        flush()
    }

    // MARK: Phase 6 to 9: relay and settle

    private func relayHead(_ head: UpstreamHead) {
        guard let current else { return }
        letGoOfBody(current)
        let now = worker.accounting.moment()
        started(current, head.status, at: now)
        let endsWithConnection = head.endsWithConnection
        writer.relay(
            head, ownFields(current, at: now, isOurs: isDummy(current)), isHTTP11: current.isHTTP11,
            withBody: !current.isHead
        ) { relayed in
            if endsWithConnection {
                current.answerEnd = AnswerEnd(form: relayed.form ?? .opaque)
            }
            guard let account = current.account, let admitted = current.admitted else { return false }
            let isShortened = account.begin(relayed, to: admitted.endpoint.kind)
            return isShortened || current.modelList?.isChanged ?? false
        }
    }

    private func relayBody(_ bytes: ByteBuffer) {
        guard let current else { return }
        current.record.responseBytes += bytes.readableBytes
        current.answerEnd?.take(bytes)
        writer.body(current.account?.take(bytes) ?? bytes, to: connection?.context)
    }

    private func isDummy(_ current: OpenExchange) -> Bool {
        if case .dummy = current.admitted?.permit.route.upstream { true } else { false }
    }

    private func ownFields(
        _ current: OpenExchange, at now: QuotaMoment, isOurs: Bool, closing: Bool = false
    ) -> ResponseWriter.OwnFields {
        ResponseWriter.OwnFields(
            id: current.record.id, headroom: headroom(current, at: now),
            isLast: closing || connection?.isLastAnswer ?? true, ownDate: isOurs ? now.wall : nil)
    }

    /// What is left of the limits that the request falls under.
    private func headroom(_ current: OpenExchange, at now: QuotaMoment) -> Headroom {
        guard let quotas = current.admitted?.permit.grant.quotas, quotas.hasLimits else { return Headroom() }
        return quotas.headroom(model: current.record.model, at: now)
    }

    private func started(_ current: OpenExchange, _ status: Int, at now: QuotaMoment) {
        current.record.status = status
        current.record.firstByteNanoseconds = current.nanoseconds(until: now.nanoseconds)
    }

    private func reply(_ reply: Exchange.Reply) {
        guard let current else { return }
        current.transfer?.cancel()
        let error = reply.apiError
        let now = worker.accounting.moment()
        started(current, error.status, at: now)
        let own = ownFields(current, at: now, isOurs: true, closing: reply.closesConnection)
        if current.readsHTTP2 {
            writer.replyToHTTP2(error, reason: reply.reason, own)
        } else {
            writer.reply(error, reason: reply.reason, own, withBody: !current.isHead)
        }
        settle(reply.outcome)
        endResponse()
    }

    private func endResponse() {
        guard let current else { return }
        if current.machine.isRequestComplete {
            release(closing: current.machine.isClosing)
        } else if current.machine.isClosing || connection?.isLastAnswer ?? true {
            self.current = nil
            connection?.finishEarly()
        } else {
            // Reading may have paused for an upload that nobody takes any more.
            connection?.readOn()
        }
    }

    /// Both halves are done: the connection is free for the next request, or goes.
    private func release(closing: Bool) {
        current = nil
        connection?.finish(closing: closing)
    }

    private func abort(_ outcome: Outcome, telling reply: Exchange.Reply?) {
        current?.transfer?.cancel()
        if let reply, writer.takesMore, let event = current?.lastEvent(telling: reply.apiError) {
            writer.body(ByteBuffer(bytes: event), to: connection?.context)
        }
        settle(outcome)
        current = nil
        flush()
        if writer.endsWithConnection { connection?.reset() } else { connection?.close() }
    }

    private func settle(_ outcome: Outcome) {
        guard let current, !current.isSettled else { return }
        current.isSettled = true
        letGoOfBody(current)
        if current.hasPlace { worker.capacity.endExchange() }
        current.record.outcome = outcome
        let now = NIODeadline.now().uptimeNanoseconds
        current.record.durationNanoseconds = current.nanoseconds(until: now)
        current.record.wasDispatched = current.transfer?.wasDispatched ?? false
        worker.leave(self)
        if let account = current.account {
            current.record.settled = worker.accounting.close(account, current.record, at: now)
        }
        if let hash = current.absent, settle(current, whenIdentified: hash) { return }
        worker.settlement.settle(current.admitted?.permit, current.record)
    }

    /// The client has its answer; what is written down of it waits until it is known who was refused. False where that
    /// is not asked.
    private func settle(_ current: OpenExchange, whenIdentified hash: CredentialHash) -> Bool {
        let bound = NIOLoopBound((worker, current), eventLoop: worker.eventLoop)
        return worker.settlement.absent.identify(hash, at: current.record.startedAt) { refused in
            bound.eventLoop.execute {
                let (worker, current) = bound.value
                if let refused {
                    current.record.project = refused.project
                    current.record.accessToken = refused.id
                    current.record.outcome = .rejected(refused.rejection)
                }
                worker.settlement.settle(nil, current.record)
            }
        }
    }
}

extension ProxyHandler: TransferSink {
    func transferMayDispatch() -> Bool { current?.admitted?.permit.isOpen ?? false }

    func transferDidReceiveHead(_ head: UpstreamHead) {
        if let current, !current.isHead, current.modelList != nil, (200..<300).contains(head.status) {
            current.modelList?.begin(head)
        } else {
            take(head)
        }
    }

    private func take(_ head: UpstreamHead) {
        guard let action = current?.machine.upstreamHead(head.status) else { return }
        // Of an answer that is not relayed too: an error of the upstream's used nothing.
        if action != .none { current?.account?.status = head.status }
        if action == .relayHead { relayHead(head) } else { perform(action) }
    }

    func transferDidReceiveBody(_ bytes: ByteBuffer) {
        if current?.modelList?.head != nil { return hold(answer: bytes) }
        perform(current?.machine.upstreamBody() ?? .none, bytes)
    }

    /// A piece of a list of models, which is not relayed before it is whole.
    private func hold(answer bytes: ByteBuffer) {
        guard let current, !current.machine.isEnded else { return }
        guard worker.capacity.holdBody(bytes.readableBytes) else {
            return perform(current.machine.upstreamEnd(.exhausted))
        }
        current.reserved += bytes.readableBytes
        if current.modelList?.take(bytes) == false {
            perform(current.machine.upstreamEnd(.unreadableModelList))
        }
    }

    /// False where the list of models that was held, if one was, cannot be relayed.
    private func relayHeldAnswer() -> Bool {
        guard let current, !current.machine.isEnded, let head = current.modelList?.head else { return true }
        guard let list = current.modelList?.finish() else { return false }
        take(head)
        if list.readableBytes > 0 { perform(current.machine.upstreamBody(), list) }
        return true
    }

    func transferDidTakeUpload() { connection?.readOn() }

    func transferDidEnd(_ failure: UpstreamFailure?) {
        guard let permit = current?.admitted?.permit else { return }
        if failure == .cancelled, !permit.isOpen {
            perform(current?.machine.accessClosed(permit.closure) ?? .none)
        } else if failure == nil, !relayHeldAnswer() {
            perform(current?.machine.upstreamEnd(.unreadableModelList) ?? .none)
        } else {
            let isCutOff = failure == nil && current?.answerEnd?.isWhole == false
            perform(current?.machine.upstreamEnd(isCutOff ? .truncated : failure) ?? .none)
        }
    }

    func transferDidDeliver() { flush() }
}

extension DummyRequest {
    /// Without the body.
    fileprivate init(
        _ head: borrowing RequestHead, as method: Endpoint.Method, _ route: ProjectRoute, at now: Timestamp
    ) {
        self.init(
            method: method.rawValue, target: head.withTarget { String(decoding: $0, as: UTF8.self) },
            contentType: head.withValue(of: .contentType) { $0.map { String(decoding: $0, as: UTF8.self) } },
            body: [], project: route.id.rawValue, now: now)
    }
}

extension UpstreamRequest.Method {
    init(_ method: Endpoint.Method) {
        switch method {
        case .get: self = .get
        case .head: self = .head
        case .post: self = .post
        case .delete: self = .delete
        }
    }
}
