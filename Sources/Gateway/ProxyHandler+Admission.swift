import Domain
import Telemetry

/// From the head of a request to its permit: phase 1 and 2.
extension ProxyHandler {
    func open(
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

    func admit(
        _ current: OpenExchange, _ head: borrowing RequestHead, _ client: Client?
    ) throws(Rejection) {
        let endpoint = try endpoint(of: head)
        current.record.endpoint = endpoint.kind.rawValue
        // One in chunks may turn out to be empty.
        if endpoint.method != .post, case .length = head.framing {
            throw .malformedRequest(endpoint.bodyFault)
        }
        current.unwantedFields = try CarriedCredentials.fieldNames(in: head)
        if head.isJSON { try checkCoding(of: head) }
        let permit: Permit
        do throws(Rejection) {
            permit = try worker.admission.admit(
                head, to: endpoint, from: client?.address, at: current.record.startedAt,
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
            permit: permit, endpoint: endpoint, consumption: endpoint.consumption,
            client: client?.kind ?? .unknown)
        try worker.loopMark.check(head)
        let share = worker.limits.exchangesPerToken
        current.hasShare = permit.grant.use.beginExchange(atMost: share)
        guard current.hasShare else { throw .tooManyInFlight(limit: share) }
        current.isJSON = head.isJSON || endpoint.consumption.takesJSON
        if current.isJSON { try checkCoding(of: head) }
        if let models = permit.grant.grants.models, endpoint.kind == .models,
            head.withTarget({ endpoint.modelsRequest(in: $0) }) == .list
        {
            current.modelList = ModelList(models, isHead: current.isHead)
        }
    }

    /// Of a body that is read as JSON.
    private func checkCoding(of head: borrowing RequestHead) throws(Rejection) {
        guard head.hasBody else { return }
        if head.hasContentEncoding { throw .contentCodingNotSupported }
        if head.hasForeignCharset { throw .charsetNotSupported }
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
    func answer(
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
}

extension Endpoint {
    /// What a body is where none belongs.
    var bodyFault: Rejection.Malformation { method == .head ? .headBody : .unexpectedBody }
}
