import Domain
import GRDB
import Testing

@testable import Storage

/// Work that goes on after its request: charged its reservation first, then what it used, to whom began it
/// and once.
@Suite struct PendingObjectTests {
    private let fixture: LedgerFixture
    private var store: Store { fixture.store }
    private let object = LedgerText("resp_1")
    private let hour: Int64 = 3_600_000

    init() async throws { fixture = try await LedgerFixture() }

    private func accounts(_ limits: [String] = ["tokens=100000/day", "cost=5/day", "requests=9/day"])
        async throws
        -> AccountPeriods
    {
        var accounts = AccountPeriods()
        for limit in try await fixture.setLimits(limits) {
            let hasRoom = accounts.append(AccountPeriod(account: limit.account, start: limit.start))
            #expect(hasRoom)
        }
        return accounts
    }

    /// Stands at 5,000 tokens and 7,000,000 nano-dollars.
    private func beginning(
        _ sequence: Int64, _ accounts: AccountPeriods = [], object: String = "resp_1", thread: String? = nil,
        endpoint: String = "responses", tier: ServiceTier = .standard, model: String = "gpt-4.1"
    ) -> LedgerRow {
        var row = LedgerRow(
            id: LedgerID(generation: 1, sequence: sequence), admittedAt: fixture.files.now,
            project: fixture.project, accessToken: fixture.accessToken, lineage: fixture.accessToken,
            endpoint: endpoint, client: .loopback, modelAsked: LedgerText(model), priceVersion: 1,
            accounts: accounts, outcome: "completed",
            charge: Charge(requests: 1, tokens: 5000, cost: Money(nanoUSD: 7_000_000)), accuracy: .estimated)
        row.status = 200
        row.usage = Usage(prompt: 1000, completion: 4000)
        row.modelAnswered = LedgerText("gpt-4.1-2025-04-14")
        row.objectID = LedgerText(object)
        row.objectRole = .begins(ObjectTerms(price: ModelPrice.Terms(tier: tier), thread: thread))
        return row
    }

    /// By another access token, an hour later: 100 + 20 tokens.
    private func report(_ sequence: Int64, object: String = "resp_1", accounts: AccountPeriods = [])
        -> LedgerRow
    {
        var row = fixture.row(
            sequence, at: fixture.files.now.adding(milliseconds: hour), model: nil, with: fixture.otherToken,
            lineage: fixture.otherToken, accounts: accounts, object: object)
        row.objectRole = .reports(tier: nil)
        return row
    }

    private func end(_ usage: Usage, tier: ServiceTier? = nil) -> ObjectEnd {
        ObjectEnd(
            usage: usage, accuracy: .exact, modelAnswered: LedgerText("gpt-4.1-2025-04-14"), tier: tier)
    }

    /// What gpt-4.1 costs: 2.00 and 8.00 dollars per million, 0.50 for what was cached.
    private let cost: Int64 = 90 * 2000 + 10 * 500 + 20 * 8000

    @Test func `the row stands at its reservation until an end is reported, whoever reports it`() async throws
    {
        let accounts = try await accounts()
        var row = beginning(2, accounts)
        row.target = AttemptTarget(
            number: 2, upstream: "api.example.com", credential: CredentialID("cred_aaaaaaaaaaaa"))
        let begun = try await store.appendLedger([row])
        #expect(begun.appended == 1 && begun.adjustments.isEmpty && begun.corrected == 0)
        #expect(try await fixture.used() == [5000, 7_000_000, 1])
        #expect(try await store.pendingObjectCount() == 1)

        let result = try await store.appendLedger([report(4)])
        #expect(result.appended == 1 && result.corrected == 1)
        #expect(
            result.adjustments == [
                LedgerAdjustment(
                    project: fixture.project, lineage: fixture.accessToken, accounts: accounts,
                    charge: Charge(requests: 0, tokens: 120 - 5000, cost: Money(nanoUSD: cost - 7_000_000)))
            ])
        #expect(result.charged.contains(.lineage(fixture.accessToken, of: fixture.project)))
        #expect(try await fixture.used() == [120, cost, 1])

        let rows = try await fixture.rows()
        #expect(rows.map(\.charge.tokens) == [5000, 0, -4880] && rows.map(\.charge.requests) == [1, 1, 0])
        let correction = try #require(rows.last)
        #expect(correction.id == LedgerID(generation: 1, sequence: 5) && correction.outcome == "corrected")
        #expect(correction.admittedAt == fixture.files.now && correction.accessToken == fixture.accessToken)
        #expect(correction.target == row.target && rows[1].target == AttemptTarget())
        #expect(correction.endpoint == "responses" && correction.modelAsked?.rawValue == "gpt-4.1")
        #expect(correction.usage.prompt == -900 && correction.usage.completion == -3980)
        #expect(correction.usage.cachedPrompt == 10 && correction.accuracy == .exact)
        #expect(rows[1].accessToken == fixture.otherToken && rows[1].usage == Usage())
        try await fixture.expectThatItAddsUp()
        // In the quarter of the request, by the sums of rows and of the instance alike.
        for dimensions in [[UsageQuery.Dimension.accessToken], []] {
            let report = try await store.usageReport(
                UsageQuery(
                    from: fixture.files.now, to: fixture.files.now.adding(milliseconds: 1),
                    dimensions: dimensions))
            #expect(report.total.requests == 1 && report.total.tokens == 120)
            #expect(report.total.usage.prompt == 100 && report.total.cost.nanoUSD == cost)
        }
        #expect(try await store.pendingObjectCount() == 0)
    }

    @Test func `an end is charged once, however often and in whatever group it is reported`() async throws {
        let accounts = try await accounts()
        let rows = [beginning(2, accounts), report(4), report(6)]
        let result = try await store.appendLedger(rows)
        #expect(result.appended == 3 && result.corrected == 1 && result.adjustments.count == 1)
        #expect(try await fixture.used() == [120, cost, 1])
        // The same group once more does nothing.
        let again = try await store.appendLedger(rows)
        #expect(again.appended == 0 && again.corrected == 0 && again.adjustments.isEmpty)
        #expect(try await store.appendLedger([report(8)]).corrected == 0)
        #expect(try await fixture.used() == [120, cost, 1])
        #expect(try await fixture.rows().count == 5)
        try await fixture.expectThatItAddsUp()
    }

    @Test func `a late correction takes no counter's place`() async throws {
        let limit = try #require(try await fixture.setLimits(["tokens=100000/hour"]).first)
        func accounts(_ hour: Int64) -> AccountPeriods {
            [AccountPeriod(account: limit.account, start: limit.start.adding(milliseconds: hour * self.hour))]
        }
        for hour in Int64(1)...3 {
            _ = try await store.appendLedger([beginning(2 * hour, accounts(hour), object: "resp_\(hour)")])
        }
        for hour in Int64(4)...8 {
            _ = try await store.appendLedger([fixture.row(2 * hour, accounts: accounts(hour))])
        }
        let before = try await fixture.records()
        for hour in Int64(1)...3 {
            let result = try await store.appendLedger([report(20 + 2 * hour, object: "resp_\(hour)")])
            #expect(result.corrected == 1)
        }
        #expect(try await fixture.records() == before)
        #expect(before.first?.start == limit.start.adding(milliseconds: 8 * hour))
        try await fixture.expectThatItAddsUp()
    }

    @Test func `what used more than its reservation is charged more`() async throws {
        let accounts = try await accounts()
        _ = try await store.appendLedger([beginning(2, accounts)])
        let due = try #require(try await due().first)
        let result = try await store.endPendingObject(
            due, as: end(Usage(prompt: 100_000, completion: 1000)), id: LedgerID(generation: 1, sequence: 9))
        #expect(result.corrected == 1 && result.adjustments.map(\.charge.tokens) == [96_000])
        #expect(try await fixture.used()[0] == 101_000)
        #expect(try await fixture.rows().last?.id == LedgerID(generation: 1, sequence: 9))
        // A client reports it after all.
        _ = try await store.appendLedger([report(10)])
        #expect(try await fixture.used()[0] == 101_000)
        try await fixture.expectThatItAddsUp()
    }

    @Test(arguments: [
        ("responses", ServiceTier.standard, ServiceTier?.none, 3_000_000 as Int64),
        ("responses", .priority, nil, 5_250_000), ("responses", .priority, .standard, 3_000_000),
        ("responses", .standard, .priority, 5_250_000), ("batches", .standard, nil, 1_500_000),
        ("batches", .priority, .priority, 1_500_000),
    ])
    func `it is priced as it was served, a batch as a batch`(
        _ endpoint: String, _ asked: ServiceTier, _ served: ServiceTier?, _ expected: Int64
    ) async throws {
        _ = try await store.appendLedger([beginning(2, endpoint: endpoint, tier: asked)])
        let usage = Usage(prompt: 1000, completion: 125)
        _ = try await store.endPendingObject(
            try #require(try await due().first), as: end(usage, tier: served),
            id: LedgerID(generation: 1, sequence: 3))
        #expect(try await fixture.rows().reduce(0) { $0 + $1.charge.cost.nanoUSD } == expected)
    }

    @Test func `what no row is known to have begun is charged to no one who reads it`() async throws {
        let accounts = try await accounts()
        // After a crash no more is known of the row that began it.
        var recovered = beginning(1, accounts)
        recovered.objectID = nil
        recovered.objectRole = nil
        let result = try await store.appendLedger([
            recovered, report(2, accounts: accounts), report(4, accounts: accounts),
        ])
        #expect(result.appended == 3 && result.adjustments.isEmpty && result.corrected == 0)
        #expect(try await fixture.used() == [5000, 7_000_000, 3])
        #expect(try await fixture.rows().map(\.usage.tokens) == [5000, 0, 0])
        try await fixture.expectThatItAddsUp()
    }

    @Test func `an end that is reported before its beginning is written is charged to who began it`()
        async throws
    {
        let accounts = try await accounts()
        _ = try await store.appendLedger([report(2, accounts: accounts), beginning(4, accounts)])
        #expect(try await fixture.used() == [5000, 7_000_000, 2])
        // The next that reports it, or the upstream that is asked, has the row corrected.
        #expect(try await due().map(\.id) == [object])
        let result = try await store.appendLedger([report(6, accounts: accounts)])
        #expect(result.corrected == 1 && result.adjustments.map(\.charge.tokens) == [-4880])
        #expect(try await fixture.used() == [120, cost, 3])
        // A beginning whose own answer goes on to the end, which another read meanwhile.
        var whole = beginning(8, accounts, object: "resp_2")
        whole.objectRole = .completes
        whole.accuracy = .exact
        let late = try await store.appendLedger([report(10, object: "resp_2", accounts: accounts), whole])
        #expect(late.corrected == 0 && late.adjustments.isEmpty)
        #expect(try await fixture.used() == [5120, cost + 7_000_000, 5])
        try await fixture.expectThatItAddsUp()
    }

    @Test func `a model without a price costs a project's default price, whoever reports the end`()
        async throws
    {
        let now = fixture.files.now
        var project = Project(
            id: fixture.project, name: try #require(ProjectName("acme")), upstream: .dummy, state: .active,
            createdAt: now, updatedAt: now)
        project.unpriced = try #require(UnpricedRule("1.00/10.00"))
        try await store.createProject(project, by: .console(at: now))
        _ = try await store.appendLedger([
            beginning(2, model: "no-price"), report(4), beginning(6, object: "resp_2", model: "no-price"),
        ])
        let usage = Usage(prompt: 100, completion: 20)
        _ = try await store.endPendingObject(
            try #require(try await due().first), as: end(usage), id: LedgerID(generation: 1, sequence: 9))
        let costs = try await fixture.rows().map(\.charge.cost.nanoUSD)
        #expect(costs.count == 5 && costs.reduce(0, +) == 2 * (100 * 1000 + 20 * 10_000))
    }

    @Test func `two that begin one object are charged as one`() async throws {
        let accounts = try await accounts()
        let result = try await store.appendLedger([beginning(2, accounts), beginning(4, accounts)])
        #expect(result.adjustments.map(\.charge.tokens) == [-5000])
        #expect(try await fixture.used() == [5000, 7_000_000, 2])
        #expect(try await store.pendingObjectCount() == 1)
        try await fixture.expectThatItAddsUp()
    }

    @Test func `what is given up stays at its reservation, whatever comes`() async throws {
        let accounts = try await accounts()
        _ = try await store.appendLedger([beginning(2, accounts)])
        try await store.abandon(try #require(try await due().first))
        #expect(try await store.pendingObjectCount() == 0)
        let result = try await store.appendLedger([report(6)])
        #expect(result.corrected == 0 && result.adjustments.isEmpty)
        #expect(try await fixture.used() == [5000, 7_000_000, 1])
        try await fixture.expectThatItAddsUp()
    }

    @Test func `no more are followed than there is room for`() async throws {
        _ = try await store.appendLedger([beginning(2)])
        try await store.database.record { database in
            try database.execute(
                sql: """
                    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
                    INSERT INTO pending_objects
                    SELECT project, 'other_' || n, ledger_row, names, admitted_at, tokens, cost, prompt, \
                    completion,
                        accounts, tier, keeps_cache_long, path, next_at, attempts
                    FROM pending_objects, numbers
                    """, arguments: [PendingObject.limit - 2])
        }
        let result = try await store.appendLedger(
            [beginning(4, object: "resp_2"), beginning(6, object: "resp_3"), report(8, object: "resp_3")])
        #expect(result.appended == 3 && result.unfollowed == 1 && result.corrected == 0)
        #expect(try await store.pendingObjectCount() == PendingObject.limit)
        #expect(try await fixture.rows().map(\.charge.tokens) == [5000, 5000, 5000, 0])
    }

    @Test func `an object is due ten seconds after its request, and as it is postponed`() async throws {
        var row = beginning(2)
        row.durationNanoseconds = 2_000_000_000
        _ = try await store.appendLedger([row])
        let now = fixture.files.now
        #expect(try await store.nextPendingObject() == now.adding(milliseconds: 12_000))
        #expect(try await due(at: now.adding(milliseconds: 11_999)).isEmpty)
        let object = try #require(try await due(at: now.adding(milliseconds: 12_000)).first)
        #expect(object.path == "/responses/resp_1" && object.kind == .responses && object.attempts == 0)
        try await store.postpone(object, to: now.adding(milliseconds: 40_000))
        #expect(try await due(at: now.adding(milliseconds: 39_999)).isEmpty)
        #expect(try await due(at: now.adding(milliseconds: 40_000)).map(\.attempts) == [1])
        // The clock was ahead when it was postponed.
        try await store.postpone(object, to: now.adding(milliseconds: 400 * hour))
        #expect(try await due(at: now.adding(milliseconds: 40_000)).map(\.attempts) == [2])
        // One that no upstream can be asked for comes of age like all others.
        _ = try await store.appendLedger([beginning(4, object: "run_1", endpoint: "threads")])
        #expect(
            try await due(at: now.adding(milliseconds: 40_000)).map(\.path) == [nil, "/responses/resp_1"])
    }

    @Test(arguments: [
        ("responses", "resp_1", nil as String?, "/responses/resp_1" as String?),
        ("batches", "batch_A-9", nil, "/batches/batch_A-9"),
        ("threads", "run_1", "thread_1", "/threads/thread_1/runs/run_1"), ("threads", "run_1", nil, nil),
        ("threads", "run_1", "../files", nil), ("responses", "../files/x", nil, nil),
        ("responses", "", nil, nil),
        ("responses", "a?b", nil, nil), ("responses", "a b", nil, nil), ("videos", "video_1", nil, nil),
    ])
    func `where an object is asked for is made of plain ids alone`(
        _ endpoint: String, _ object: String, _ thread: String?, _ path: String?
    ) throws {
        let kind = try #require(EndpointKind(rawValue: endpoint))
        #expect(ObjectPath.path(of: object, thread: thread, kind: kind) == path)
    }

    private func due(at moment: Timestamp? = nil) async throws -> [PendingObject] {
        let now = moment ?? fixture.files.now.adding(milliseconds: hour)
        return try await store.duePendingObjects(
            at: now, horizon: now.adding(milliseconds: 600_000), limit: 10)
    }
}
