import Domain
import NIOCore
import Telemetry
import Testing
import Vault

@testable import Gateway

/// One access token with limits, and the accounting of a worker, on clocks that stand where they are put.
final class AccountingFixture {
    let quotas: QuotaFixture
    let prices: PriceTable
    let journal: Journal
    private let files: JournalFixture
    private let intake: LedgerIntake
    private let accounting: Accounting
    private let admission: Admission
    private let directory: AccessDirectory
    private let bearer: String
    private let metrics = ExchangeMetrics()

    /// A request that was let through.
    struct Opened {
        let attempt: Attempt
        let permit: Permit
        /// The body as it is sent on.
        let body: String
        var bound: UsageBound { attempt.bound }
    }

    init(
        _ limits: [String] = [], project projectLimits: [String] = [], grants: Grants = Grants(),
        unboundedOutput: UnboundedOutput = .fit, prices: PriceTable? = nil, tokensPerSecond: Int64 = 3000,
        slots: Int = 4096
    ) throws {
        quotas = try QuotaFixture()
        self.prices = try prices ?? PriceTable.shipped()
        let keys = KeyRing.generate(masterKey: .generate()).0
        let minted = keys.mint(.accessToken)
        bearer = "Bearer " + minted.text.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        var project = Project(
            id: quotas.projectID, name: try #require(ProjectName("acme")), upstream: .dummy, state: .active,
            createdAt: Timestamp(seconds: 0), updatedAt: Timestamp(seconds: 0))
        project.unboundedOutput = unboundedOutput
        var accessToken = AccessToken(
            id: AccessTokenID(digits: minted.idDigits), project: project.id, name: try #require(Label("bob")),
            hash: minted.hash, createdAt: Timestamp(seconds: 0), expiresAt: nil)
        accessToken.grants = grants
        var directory = AccessDirectory(quotas: quotas.book)
        directory.put(project, key: nil)
        directory.put(accessToken)
        self.directory = directory
        admission = Admission(
            keys: keys, metrics: metrics, recordExpiry: { _, _ in }, recordHoneyUse: { _, _, _ in })
        try quotas.set(limits, of: .lineage(accessToken.lineage, of: project.id))
        try quotas.set(projectLimits, of: quotas.project)
        lineage = .lineage(accessToken.lineage, of: project.id)
        files = try JournalFixture()
        journal = try files.open(slots: slots)
        intake = LedgerIntake(journal: journal, generation: 1, wake: {})
        accounting = Accounting(
            desk: intake.makeDesk(), prices: self.prices,
            defaults: UsageBound.Defaults(untoldTokensPerSecond: tokensPerSecond),
            wallClock: { QuotaFixture.start })
    }

    let lineage: LimitSubject

    func state(_ id: String) throws -> LimitState { try quotas.state(id, of: lineage) }

    private func permit() throws(Rejection) -> Permit {
        var bearer = bearer
        return try bearer.withUTF8 { bytes in
            Result { () throws(Rejection) in
                try admission.admit(
                    authorization: UnsafeRawBufferPointer(bytes), at: quotas.now.wall, in: directory)
            }
        }.get()
    }

    /// As ``ProxyHandler`` opens it.
    func open(
        _ body: String, _ consumption: Consumption = .chat, kind: EndpointKind = .chatCompletions
    ) throws(Rejection) -> Opened {
        let permit = try permit()
        do throws(Rejection) {
            var held = ByteBuffer(string: body)
            let peek = try held.withUnsafeReadableBytes { bytes throws(Rejection) in
                try BodyPeek.peek(bytes)
            }
            let demand = AccessDemand(
                permit.holder,
                to: Endpoint(
                    method: .post, kind: kind, path: 3..<20, isKnown: true, use: EndpointUse(consumption)),
                model: peek.model, isHeld: true)
            let attempt = try accounting.open(
                demand, peek, Turn(target: permit.route.target, client: .loopback), body: &held,
                at: quotas.now)
            return Opened(attempt: attempt, permit: permit, body: String(buffer: held))
        } catch {
            throw permit.refused(error)
        }
    }

    /// The refusal of a request that is not let through; nil where it is, and then nothing is dispatched.
    func refusal(_ body: String, _ consumption: Consumption = .chat) -> LimitRefusal? {
        do throws(Rejection) {
            let opened = try open(body, consumption)
            _ = close(opened, isDispatched: false)
            return nil
        } catch {
            guard case .limited(let refusal) = error else { return nil }
            return refusal
        }
    }

    /// The answer's head, and what came of it.
    func answer(_ opened: Opened, _ body: String = "", form: UsageMeter.Form = .json) {
        var head = RelayedHead(status: 200)
        head.form = form
        _ = opened.attempt.begin(head, to: .chatCompletions)
        if !body.isEmpty { _ = opened.attempt.take(ByteBuffer(string: body)) }
    }

    static func told(_ usage: Usage) -> String {
        """
        {"choices":[{"message":{"content":"a"},"finish_reason":"stop"}],\
        "usage":{"prompt_tokens":\(usage.prompt),\
        "completion_tokens":\(usage.completion),"total_tokens":\(usage.tokens)}}
        """
    }

    /// At the fixture's moment.
    @discardableResult
    func close(
        _ opened: Opened, _ outcome: Outcome = .completed, isDispatched: Bool = true
    ) -> ExchangeRecord.Settled? {
        var record = ExchangeRecord(
            id: RequestID(process: 1, sequence: 1), startedAt: quotas.now.wall, method: "POST",
            endpoint: "chat_completions", outcome: outcome)
        record.wasDispatched = isDispatched
        let settled = accounting.close(opened.attempt, record, at: quotas.now.nanoseconds)
        _ = opened.permit.settle()
        for slot in intake.takeLines() { journal.clear(slot) }
        return settled
    }

    func pass(milliseconds: Int64) { quotas.pass(milliseconds: milliseconds) }
}
