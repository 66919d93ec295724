import Domain
import HTTP
import NIOCore
import Telemetry
import Upstream

/// What the client gets, the upstream's response or ours, and how the exchange ends: phase 6 to 9.
extension ProxyHandler {
    func relayHead(_ head: ResponseHead) {
        guard let current else { return }
        letGoOfBody(current)
        if current.further != nil { current.further = nil }
        let now = worker.accounting.moment()
        started(current, head.status, at: now)
        let endsWithConnection = head.endsWithConnection
        writer.relay(
            head, ownFields(current, at: now, isOurs: current.attempt?.target.isDummy ?? false),
            isHTTP11: current.isHTTP11,
            withBody: !current.isHead
        ) { relayed in
            if endsWithConnection {
                current.answerEnd = AnswerEnd(form: relayed.isEncoded ? .opaque : relayed.form ?? .unknown)
            }
            guard let attempt = current.attempt, let admitted = current.admitted else { return false }
            let isShortened = attempt.begin(relayed, to: admitted.endpoint.kind)
            return isShortened || current.modelList?.isChanged ?? false
        }
    }

    func relayBody(_ bytes: ByteBuffer) {
        guard let current else { return }
        current.record.responseBytes += bytes.readableBytes
        current.answerEnd?.take(bytes)
        writer.body(current.attempt?.take(bytes) ?? bytes, to: connection?.context)
    }

    func ownFields(
        _ current: OpenExchange, at now: QuotaMoment, isOurs: Bool, closing: Bool = false
    ) -> ResponseWriter.OwnFields {
        ResponseWriter.OwnFields(
            id: current.record.id, headroom: headroom(current, at: now),
            isLast: closing || connection?.isLastAnswer ?? true, ownDate: isOurs ? now.wall : nil,
            outputLimit: current.attempt?.fittedOutput ?? 0)
    }

    /// What is left of the limits that the request falls under.
    private func headroom(_ current: OpenExchange, at now: QuotaMoment) -> Headroom {
        guard let quotas = current.admitted?.permit.grant.quotas, quotas.hasLimits else { return Headroom() }
        return quotas.headroom(model: current.record.model, at: now)
    }

    func started(_ current: OpenExchange, _ status: Int, at now: QuotaMoment) {
        current.record.status = status
        current.record.firstByteNanoseconds = current.nanoseconds(until: now.nanoseconds)
    }

    func reply(_ reply: Exchange.Reply) {
        guard let current else { return }
        current.attempt?.transfer?.cancel()
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

    func endResponse() {
        guard let current else { return }
        self.current = nil
        connection?.exchangeDidAnswer(isLast: current.machine.isClosing)
    }

    /// A last event is written out before the connection ends, but a server that stops waits for no client.
    /// What the kernel has not sent by then goes with the reset, if it is one.
    func abort(_ outcome: Outcome, telling reply: Exchange.Reply?) {
        current?.attempt?.transfer?.cancel()
        var hasLastEvent = false
        if let reply, writer.takesMore, let event = current?.lastEvent(telling: reply.apiError) {
            writer.body(ByteBuffer(bytes: event), to: connection?.context)
            hasLastEvent = true
        }
        settle(outcome)
        current = nil
        flush()
        connection?.cut(
            afterWriting: hasLastEvent && !worker.capacity.isDraining, resets: writer.endsWithConnection)
    }

    func settle(_ outcome: Outcome) {
        guard let current, !current.isSettled else { return }
        current.isSettled = true
        letGoOfBody(current)
        if current.hasPlace { worker.capacity.endExchange() }
        if current.hasShare { current.admitted?.permit.grant.use.endExchange() }
        current.record.outcome = outcome
        let now = NIODeadline.now().uptimeNanoseconds
        current.record.durationNanoseconds = current.nanoseconds(until: now)
        worker.leave(self)
        if let attempt = current.attempt { close(attempt, of: current, at: now) }
        if let hash = current.absent, settle(current, whenIdentified: hash) { return }
        worker.settlement.settle(current.admitted?.permit, current.record)
    }

    private func close(_ attempt: Attempt, of current: OpenExchange, at now: UInt64) {
        current.record.target = attempt.name
        current.record.wasDispatched = attempt.transfer?.wasDispatched ?? false
        let settled = worker.accounting.close(attempt, current.record, at: now)
        guard current.record.settled != nil else {
            current.record.settled = settled
            return
        }
        // Of an attempt before this one.
        current.record.settled?.add(settled)
        current.record.wasDispatched = true
    }

    /// The client has its answer; what is written down of it waits until it is known who was refused. False
    /// where that is not asked.
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
