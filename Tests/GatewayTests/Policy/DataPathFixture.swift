import Domain
import NIOCore
import Telemetry
import Testing
import Vault

@testable import Gateway

/// The data path without sockets, as `ProxyHandler` drives it: one access token, whose project, grants and
/// limits are put anew as often as a test likes, on clocks that stand where they are put.
final class DataPathFixture {
    static let expiry = QuotaFixture.start.adding(seconds: 3600)

    let prices: PriceTable
    let defaults = UsageBound.Defaults()
    private let files: JournalFixture
    private let journal: Journal
    private let intake: LedgerIntake
    private let accounting: Accounting
    private let admission: Admission
    private let metrics = ExchangeMetrics()
    private let hash: CredentialHash
    private let bearer: String
    private let key = UpstreamKey(
        CredentialID(unchecked: "cred_000000000001"), Secret(utf8: "sk-upstream"))
    private var directory = AccessDirectory(quotas: QuotaBook(defaultPeriods: QuotaFixture.utc))
    private var open: [Attempt] = []

    private(set) var now = QuotaMoment(wall: QuotaFixture.start, nanoseconds: 1_000_000_000_000)
    private(set) var project: Project
    private(set) var accessToken: AccessToken

    init() throws {
        prices = try PriceTable.shipped()
        let keys = KeyRing.generate(masterKey: .generate()).0
        let minted = keys.mint(.accessToken)
        hash = minted.hash
        bearer = "Bearer " + minted.text.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        admission = Admission(
            keys: keys, metrics: metrics, recordExpiry: { _, _ in }, recordHoneyUse: { _, _, _ in })
        files = try JournalFixture()
        journal = try files.open(slots: 64)
        intake = LedgerIntake(journal: journal, generation: 1, wake: {})
        accounting = Accounting(
            desk: intake.makeDesk(), prices: prices, defaults: defaults, wallClock: { QuotaFixture.start })
        project = Project(
            id: ProjectID(unchecked: "proj_000000000001"), name: try #require(ProjectName("acme")),
            upstream: .dummy, state: .active, createdAt: QuotaFixture.start, updatedAt: QuotaFixture.start)
        accessToken = AccessToken(
            id: AccessTokenID(digits: minted.idDigits), project: project.id, name: try #require(Label("bob")),
            hash: minted.hash, createdAt: QuotaFixture.start, expiresAt: nil)
        put(project, accessToken)
    }

    /// In place of what was: nothing of any limit is used yet but what `limits` say.
    func put(
        _ project: Project, hasKey: Bool = true, _ accessToken: AccessToken, limits: [LimitRecord] = [],
        projectLimits: [LimitRecord] = []
    ) {
        closeAll()
        (self.project, self.accessToken) = (project, accessToken)
        now = QuotaMoment(wall: QuotaFixture.start, nanoseconds: now.nanoseconds + 1_000_000_000)
        let book = QuotaBook(defaultPeriods: QuotaFixture.utc)
        directory = AccessDirectory(quotas: book)
        directory.put(project, key: hasKey ? key : nil)
        directory.put(accessToken)
        book.setLimits(limits, of: .lineage(accessToken.lineage, of: project.id), at: now)
        book.setLimits(projectLimits, of: .project(project.id), at: now)
    }

    func pass(milliseconds: Int64) {
        now = QuotaMoment(
            wall: now.wall.adding(milliseconds: milliseconds),
            nanoseconds: now.nanoseconds + UInt64(milliseconds) * 1_000_000)
    }

    // MARK: Requests

    /// What became of a request that was let through. It is in flight.
    struct Passed {
        let charge: Charge
        let fittedOutput: Int64
        let body: String
    }

    func send(_ request: RequestSample) throws(Rejection) -> Passed {
        let head = try request.head(authorization: bearer)
        let endpoint = try PathPolicy.check(head)
        let permit = try admission.admit(
            head, to: endpoint, from: request.client, at: now.wall, in: directory)
        do throws(Rejection) {
            let (peek, model, isHeld) = try read(request, at: endpoint)
            var demand = AccessDemand(permit.holder, to: endpoint, model: model, isHeld: isHeld)
            demand.bodyBytes = request.body.utf8.count
            var body = ByteBuffer(string: isHeld ? request.body : "")
            let attempt = try accounting.open(
                demand, peek, Turn(target: permit.route.target, client: .loopback), body: &body, at: now)
            open.append(attempt)
            _ = permit.settle()
            return Passed(
                charge: attempt.bound.charge, fittedOutput: attempt.fittedOutput, body: String(buffer: body))
        } catch {
            throw permit.refused(error)
        }
    }

    private func read(
        _ request: RequestSample, at endpoint: Endpoint
    ) throws(Rejection) -> (peek: BodyPeek, model: String?, isHeld: Bool) {
        guard request.isJSON || (request.hasBody && endpoint.consumption.takesJSON) else {
            let isRead = request.isForm && endpoint.consumption != .free
            return (BodyPeek(), isRead ? request.model : nil, false)
        }
        var body = request.body
        let peek = try body.withUTF8 { bytes in
            Result { () throws(Rejection) in try BodyPeek.peek(UnsafeRawBufferPointer(bytes)) }
        }.get()
        return (peek, peek.model, true)
    }

    /// Everything in flight ends without having been sent.
    func closeAll() {
        for attempt in open {
            let record = ExchangeRecord(
                id: RequestID(process: 1, sequence: 1), startedAt: now.wall, method: "POST",
                endpoint: "none", outcome: .clientGone)
            _ = accounting.close(attempt, record, at: now.nanoseconds)
        }
        open = []
    }

    deinit { closeAll() }

    // MARK: Questions

    func holder() throws(Rejection) -> Holder {
        try admission.holder(of: hash, at: now.wall, in: directory)
    }

    /// What `explain` says of the request, which is asked about as it would be sent. nil if its body cannot
    /// be read.
    func explain(_ request: RequestSample, _ path: AskedPath) throws(Rejection) -> AccessExplanation? {
        let holder = try holder()
        guard let use = use(of: request, path, by: holder) else { return nil }
        let isUnread = request.isForm && path.endpoint.consumption == .free
        var question = AccessQuestion(
            model: request.isRead && !isUnread ? request.model : nil, path: path)
        question.client = request.client
        question.choices = request.choices
        question.use = use
        return holder.explain(question, prices: prices, defaults: defaults, at: now)
    }

    private func use(of request: RequestSample, _ path: AskedPath, by holder: Holder) -> StatedUse? {
        guard let (peek, model, isHeld) = try? read(request, at: path.endpoint) else { return nil }
        var demand = AccessDemand(holder, to: path.endpoint, model: model, isHeld: isHeld)
        demand.bodyBytes = request.body.utf8.count
        let terms = AccessDecision.judgeBody(demand, peek, prices: prices) { _ in }
        if demand.isHeld,
            let rewrite = try? BodyRewrite(
                of: ByteBuffer(string: request.body), peek, by: terms.output, for: demand)
        {
            demand.bodyBytes += rewrite.growth
        }
        let bound = demand.bound(peek, terms.price, outputLimit: terms.output.limit, defaults)
        guard !OutputPlan.hasKey(path.endpoint.consumption) else {
            return StatedUse(.parts(prompt: bound.prompt, completion: request.maximum))
        }
        return StatedUse(
            .parts(prompt: bound.prompt, completion: bound.completion),
            cost: terms.price == nil ? nil : bound.cost)
    }
}
