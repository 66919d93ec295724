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
    let worker: Worker
    var current: OpenExchange?
    let writer: ResponseWriter
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
            let isHeld = head.hasBody && holdsBody(current, head)
            if isHeld, head.hasContentEncoding { throw .contentCodingNotSupported }
            current.isHeld = isHeld
            let limit = isHeld ? worker.limits.jsonBody : worker.limits.upload
            if case .length(let length) = head.framing, length > limit { throw .bodyTooLarge(limit: limit) }
            current.machine = Exchange(
                body: isHeld ? .held : head.hasBody ? .streamed : .none, limit: limit)
            if head.expectsContinue, head.hasBody { writer.proceed(to: connection?.context) }
            if isHeld {
                current.head = head
            } else {
                try openAttempt(current, head, isHeldJSON: false, BodyPeek())
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

    /// A request that could not even be read, as a whole or after its head. `head` is what could be.
    func refuse(_ rejection: Rejection, _ head: RequestHead, readsHTTP2: Bool = false) {
        // What a head that is refused says of where it comes from is not believed.
        let current = open(head, method: "none", connection?.client(of: RequestHead()))
        current.readsHTTP2 = readsHTTP2
        refuse(current, rejection)
    }

    /// The body turned out to be malformed, or does not come. Behind it nothing can be told apart any more.
    func refuseBody(_ rejection: Rejection) { perform(current?.machine.refuse(rejection) ?? .none) }

    /// The client has closed its side, or all of it: whatever is under way for it ends, now or once its usage
    /// is told.
    func clientLeft() {
        guard let current else { return }
        let usageIsNear = current.attempt?.hasFinishReason == true && mayLinger(current)
        perform(current.machine.clientGone(usageIsNear: usageIsNear))
    }

    /// The client takes bytes, or has too many waiting.
    func setReceiving(_ isReceiving: Bool) {
        guard let current, !current.machine.isLingering else { return }
        current.attempt?.transfer?.setReceiving(isReceiving)
    }

    func flush() { writer.flush(to: connection?.context) }

    /// False while an upload waits for the upstream.
    var takesMore: Bool {
        guard let current, let transfer = current.attempt?.transfer else { return true }
        return current.machine.isEnded || transfer.unsentUploadBytes < worker.limits.streamBuffer
    }

    // MARK: From the control plane

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

    private func refuse(_ current: OpenExchange, _ rejection: Rejection) {
        current.machine = Exchange(rejected: rejection)
        reply(.rejection(rejection))
    }

    // MARK: Performing

    func perform(_ action: Exchange.Action, _ bytes: ByteBuffer = ByteBuffer()) {
        switch action {
        case .none: break
        case .hold: hold(bytes)
        case .upload: current?.attempt?.transfer?.upload(bytes)
        case .finishUpload: current?.attempt?.transfer?.finishUpload()
        case .attempt(after: nil): dispatchHeld()
        case .attempt(after: let failure?): attemptNext(after: failure)
        case .relayHead: break
        case .relayBody:
            relayBody(bytes)
        case .linger: linger()
        case .meterBody: meterBody(bytes)
        case .finish:
            if let rest = current?.attempt?.finish() { writer.body(rest, to: connection?.context) }
            writer.end()
            settle(.completed)
            endResponse()
        case .reply(let reply): self.reply(reply)
        case .abort(let outcome, let reply): abort(outcome, telling: reply)
        }
    }
}
