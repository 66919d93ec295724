import Domain
import GRDB
import Testing

@testable import Storage

@Suite struct LedgerTests {
    private let fixture: LedgerFixture
    private var store: Store { fixture.store }

    init() async throws { fixture = try await LedgerFixture() }

    private let settings = ["requests=100/lifetime", "tokens=100000/day", "cost=5.00/month", "concurrency=4"]

    @Test func `a row is read as it was written`() async throws {
        let accounts: AccountPeriods = [AccountPeriod(account: 9, start: fixture.files.now)]
        var row = fixture.row(1, accuracy: .estimated, accounts: accounts, object: "resp_1")
        row.usage.cacheWritePrompt = 1
        row.usage.audioPrompt = 2
        row.usage.imagePrompt = 3
        row.usage.audioCompletion = 4
        row.usage.imageCompletion = 5
        row.usage.audioMilliseconds = 6
        row.target = AttemptTarget(
            number: 2, upstream: "eu.api.example.com:8443", credential: CredentialID("cred_aaaaaaaaaaaa"))
        var bare = fixture.row(2, model: nil)
        bare.modelAnswered = nil
        bare.upstreamRequestID = nil
        bare.status = 0
        #expect(
            try await store.appendLedger([row, bare])
                == LedgerAppend(
                    read: 2, appended: 2, charged: [.lineage(row.lineage, of: row.project)]))
        #expect(try await fixture.rows() == [row, bare])
        try await fixture.expectThatItAddsUp()
    }

    @Test func `rows that differ in their target alone are not mistaken for one another`() async throws {
        let credentials = ["cred_aaaaaaaaaaaa", "cred_bbbbbbbbbbbb"].map { CredentialID($0) }
        var rows: [LedgerRow] = []
        for (number, upstream, credential) in [
            (1, "a.example.com", credentials[0]), (2, "a.example.com", credentials[0]),
            (2, "b.example.com", credentials[0]), (2, "b.example.com", credentials[1]),
            (2, "b.example.com", nil), (1, "a.example.com", credentials[0]),
        ] {
            var row = fixture.row(Int64(rows.count))
            row.target = AttemptTarget(number: Int32(number), upstream: upstream, credential: credential)
            rows.append(row)
        }
        // From the database, and then by what is known of it.
        _ = try await store.appendLedger(rows[..<3])
        _ = try await store.appendLedger(rows[3...])
        #expect(try await fixture.rows() == rows)
        try await fixture.expectThatItAddsUp()
    }

    @Test func `a credential that no version wrote is corrupt`() async throws {
        _ = try await store.appendLedger([fixture.row(1)])
        try await store.database.record { try $0.execute(sql: "UPDATE usage_keys SET credential = 'key'") }
        await #expect(throws: StoreError.corrupt) { _ = try await fixture.rows() }
    }

    @Test func `of a request's attempts the first counts as a request, all count what they used`()
        async throws
    {
        let limits = try await fixture.setLimits(settings)
        let later = fixture.files.now.adding(milliseconds: 86_400_000)
        func attempts(_ sequence: Int64, _ start: Timestamp) -> [LedgerRow] {
            var accounts = AccountPeriods()
            for limit in limits { _ = accounts.append(AccountPeriod(account: limit.account, start: start)) }
            var (first, second) = (
                fixture.row(sequence, status: 500, accounts: accounts),
                fixture.row(sequence + 1, accuracy: .estimated, accounts: accounts)
            )
            first.charge = Charge(requests: 1, tokens: 0, cost: .zero)
            first.usage = Usage()
            second.charge.requests = 0
            second.priceVersion = 0
            second.target.number = 2
            return [first, second]
        }
        let rows = attempts(1, fixture.files.now)
        let result = try await store.appendLedger(rows)
        #expect(result.appended == 2 && result.corrected == 0 && result.adjustments.isEmpty)
        #expect(try await fixture.used() == [1, 120, 1500, 0])
        #expect(try await fixture.rows() == rows)
        // A further attempt begins a counter as the first one does.
        let second = try #require(attempts(3, later).last)
        _ = try await store.appendLedger([second])
        #expect(try await fixture.used() == [0, 120, 1500, 0])
        #expect(try await fixture.records().allSatisfy { $0.start == later })
        try await fixture.expectThatItAddsUp()
        let quarter = Quarter(of: fixture.files.now).start
        // From sums and from rows.
        for end in [quarter.adding(milliseconds: 900_000), fixture.files.now.adding(milliseconds: 1)] {
            let query = UsageQuery(from: quarter, to: end, dimensions: [.attempt])
            let report = try await store.usageReport(query)
            #expect(report.rows.map(\.names) == [["1"], ["2"]])
            #expect(report.rows.map(\.sums.requests) == [1, 0])
            #expect(report.rows.map(\.sums.attempts) == [1, 2])
            #expect(report.rows.map(\.sums.tokens) == [0, 240])
            // They are counts of requests.
            #expect(report.total.estimatedRequests == 0 && report.total.unpricedRequests == 0)
        }
        #expect(try await store.retireLedger(before: later, limit: 10) == 3)
        try await fixture.expectThatItAddsUp()
    }

    @Test func `rows that are there already are neither written nor counted again`() async throws {
        let account = try #require(try await fixture.setLimits(settings).first)
        let accounts: AccountPeriods = [AccountPeriod(account: account.account, start: account.start)]
        let rows = (0..<10 as Range<Int64>).map { fixture.row($0, accounts: accounts) }
        #expect(try await store.appendLedger(Array(rows[..<6])).appended == 6)
        // As after a crash between the commit and the clearing of the journal.
        #expect(try await store.appendLedger(Array(rows[3...])).appended == 4)
        #expect(try await store.appendLedger(rows + rows).appended == 0)
        #expect(try await fixture.rows() == rows)
        #expect(try await fixture.used() == [10, 0, 0, 0])
        try await fixture.expectThatItAddsUp()
    }

    @Test func `counters count their metric, from the start they are told`() async throws {
        let limits = try await fixture.setLimits(settings)
        #expect(limits.map(\.limit.description) == settings)
        let start = fixture.files.now
        func periods(_ start: Timestamp) -> AccountPeriods {
            var periods = AccountPeriods()
            for limit in limits { _ = periods.append(AccountPeriod(account: limit.account, start: start)) }
            return periods
        }
        _ = try await store.appendLedger([
            fixture.row(1, accounts: periods(start)), fixture.row(2, accounts: periods(start)),
        ])
        #expect(try await fixture.used() == [2, 240, 3000, 0])
        let later = start.adding(milliseconds: 86_400_000)
        // In one batch, the later first; the earlier period is over and counts no more.
        _ = try await store.appendLedger([
            fixture.row(3, accounts: periods(later)), fixture.row(4, accounts: periods(start)),
        ])
        #expect(try await fixture.used() == [1, 120, 1500, 0])
        #expect(try await fixture.records().allSatisfy { $0.start == later })
        _ = try await store.appendLedger([fixture.row(5, accounts: periods(start))])
        #expect(try await fixture.used() == [1, 120, 1500, 0])
        try await fixture.expectThatItAddsUp()
    }

    @Test func `a limit keeps its counter while its amount changes, and begins anew once it was gone`()
        async throws
    {
        let first = try #require(try await fixture.setLimits(settings).first)
        let accounts: AccountPeriods = [AccountPeriod(account: first.account, start: first.start)]
        _ = try await store.appendLedger([fixture.row(1, accounts: accounts)])
        let larger = "requests=200/lifetime"
        let changed = try await fixture.setLimits([larger])
        #expect(changed.count == 1)
        #expect(changed.first?.account == first.account)
        #expect(changed.first?.used == 1)
        #expect(changed.first?.limit.amount == 200)
        #expect(try await fixture.setLimits([]).isEmpty)
        let again = try await fixture.setLimits([larger])
        #expect(again.first?.used == 0)
        #expect(again.first?.account != first.account)
        // What was under way names the old number.
        _ = try await store.appendLedger([fixture.row(2, accounts: accounts)])
        #expect(try await fixture.used() == [0])
        try await fixture.expectThatItAddsUp()
    }

    @Test func `a limit that is reset counts from then on, and a top-up lasts for its period`() async throws {
        let limit = try #require(try await fixture.setLimits(settings).first)
        let start = limit.start
        let reset = start.adding(milliseconds: 1)
        let next = start.adding(milliseconds: 1000)
        func row(_ sequence: Int64, _ start: Timestamp) -> LedgerRow {
            fixture.row(sequence, accounts: [AccountPeriod(account: limit.account, start: start)])
        }
        func current() async throws -> LimitRecord { try #require(try await fixture.records().first) }
        _ = try await store.appendLedger([row(1, start), row(2, start)])
        try await store.database.record {
            try Store.topUpLimit(limit.account, by: 50, of: start, in: $0)
        }
        #expect(try await current().credit == 50)
        try await store.database.record { try Store.resetLimit(limit.account, from: reset, in: $0) }
        #expect(try await current().used == 0)
        #expect(try await current().credit == 0)
        _ = try await store.appendLedger([row(3, start), row(4, reset)])
        #expect(try await current().used == 1)
        try await store.database.record {
            try Store.topUpLimit(limit.account, by: 7, of: next, in: $0)
        }
        #expect(try await current().used == 0)
        #expect(try await current().credit == 7)
        await #expect(throws: StoreError.conflict) {
            try await store.database.record { try Store.resetLimit(limit.account, from: start, in: $0) }
        }
        await #expect(throws: StoreError.notFound) {
            try await store.database.record { try Store.resetLimit(999, from: next, in: $0) }
        }
        await #expect(throws: StoreError.notFound) {
            try await store.database.record { try Store.topUpLimit(999, by: 1, of: next, in: $0) }
        }
        try await fixture.expectThatItAddsUp()
    }

    @Test func `a charge counts in its own period, of which the last three are kept`() async throws {
        let limit = try #require(try await fixture.setLimits(settings).first)
        let starts = (0..<5 as Range<Int64>).map { limit.start.adding(milliseconds: $0 * 86_400_000) }
        func append(_ sequence: Int64, _ start: Timestamp) async throws {
            let accounts: AccountPeriods = [AccountPeriod(account: limit.account, start: start)]
            _ = try await store.appendLedger([fixture.row(sequence, accounts: accounts)])
        }
        func counters() async throws -> [Timestamp: Int64] {
            let record = try #require(try await fixture.records().first)
            return Dictionary(uniqueKeysWithValues: record.counters.map { ($0.start, $0.used) })
        }
        try await append(1, starts[0])
        // A clock that is ahead, and then right again.
        try await append(2, starts[4])
        try await append(3, starts[0])
        try await append(4, starts[1])
        #expect(try await counters() == [starts[0]: 2, starts[4]: 1, starts[1]: 1])
        try await fixture.expectThatItAddsUp()
        try await append(5, starts[4])
        try await append(6, starts[2])
        #expect(try await counters() == [starts[4]: 2, starts[1]: 1, starts[2]: 1])
        let records = try await store.accessRecords(at: fixture.files.now).limits.flatMap(\.records)
        #expect(records.first { $0.account == limit.account }?.others.count ?? 2 == 2)
        try await fixture.expectThatItAddsUp()
        // The limit's counter of the clock's period is begun anew, whatever was counted of a later one.
        let reset = starts[2].adding(milliseconds: 1)
        try await store.database.record { try Store.resetLimit(limit.account, from: reset, in: $0) }
        #expect(try await counters() == [starts[1]: 1, starts[2]: 1, reset: 0])
        try await store.database.record { try Store.topUpLimit(limit.account, by: 9, of: starts[2], in: $0) }
        #expect(try await fixture.records().first?.counters.map(\.credit) == [0, 9, 0])
        _ = try await store.retireLedger(before: starts[4].adding(milliseconds: 86_400_000), limit: 100)
        try await fixture.expectThatItAddsUp()
    }

    @Test func `whose quotas rows are about is told, of rows that were there as well`() async throws {
        let accounts: AccountPeriods = [AccountPeriod(account: 9, start: fixture.files.now)]
        let other = AccessTokenID(unchecked: "Token0000009")
        let none = AccessTokenID(unchecked: "Token0000008")
        let rows = [
            fixture.row(1, accounts: accounts), fixture.row(2, lineage: other, accounts: accounts),
            fixture.row(3, accounts: accounts), fixture.row(4, lineage: none),
        ]
        let charged: Set<LimitSubject> = [
            .lineage(fixture.accessToken, of: fixture.project), .lineage(other, of: fixture.project),
        ]
        #expect(try await store.appendLedger(rows) == LedgerAppend(read: 4, appended: 4, charged: charged))
        #expect(try await store.appendLedger(rows) == LedgerAppend(read: 4, charged: charged))
    }

    @Test func `an object is charged once, however often it is seen`() async throws {
        let limit = try #require(try await fixture.setLimits(settings).dropFirst().first)
        let accounts: AccountPeriods = [AccountPeriod(account: limit.account, start: limit.start)]
        let first = fixture.row(1, accounts: accounts, object: "resp_1")
        let second = fixture.row(2, accounts: accounts, object: "resp_1")
        let others = fixture.row(
            3, of: fixture.otherProject, lineage: AccessTokenID(unchecked: "Token0000009"),
            accounts: accounts,
            object: "resp_1")
        let result = try await store.appendLedger([first, second, others])
        #expect(
            result
                == LedgerAppend(
                    read: 3, appended: 3,
                    adjustments: [
                        LedgerAdjustment(
                            project: second.project, lineage: second.lineage, accounts: accounts,
                            charge: Charge(requests: 0, tokens: -120, cost: Money(nanoUSD: -1500)))
                    ],
                    charged: [
                        .lineage(first.lineage, of: first.project),
                        .lineage(others.lineage, of: others.project),
                    ]))
        #expect(
            try await store.appendLedger([first, second])
                == LedgerAppend(read: 2, charged: [.lineage(first.lineage, of: first.project)]))
        let rows = try await fixture.rows()
        #expect(rows.map(\.charge.tokens) == [120, 0, 120])
        #expect(rows.map(\.charge.requests) == [1, 1, 1])
        #expect(rows[1].usage == Usage())
        #expect(try await fixture.used() == [0, 240, 0, 0])
        try await fixture.expectThatItAddsUp()
    }

    @Test func `each start of the server has a number of its own`() async throws {
        #expect(try await store.beginGeneration() == 1)
        #expect(try await store.beginGeneration() == 2)
        try store.close()
    }

    @Test func `a full database takes nothing of a batch, and all of it when there is room`() async throws {
        let limit = try #require(try await fixture.setLimits(settings).first)
        let accounts: AccountPeriods = [AccountPeriod(account: limit.account, start: limit.start)]
        let pages = try await store.database.read { try Int.fetchOne($0, sql: "PRAGMA page_count") } ?? 0
        try await set("max_page_count = \(pages + 8)")
        let rows = (0..<1000 as Range<Int64>).map { fixture.row($0, model: "m\($0 % 5)", accounts: accounts) }
        await #expect(throws: StoreError.full) { _ = try await store.appendLedger(rows) }
        #expect(store.condition == .failing(.full))
        #expect(try await fixture.rows().isEmpty)
        #expect(try await fixture.used() == [0, 0, 0, 0])
        try await set("max_page_count = 100000")
        try await store.ping()
        // The usage keys of the batch that failed are not believed in.
        #expect(try await store.appendLedger(rows).appended == 1000)
        #expect(store.condition == .writable)
        #expect(try await fixture.used() == [1000, 0, 0, 0])
        try await fixture.expectThatItAddsUp()
    }

    @Test func `a read-only or locked database is told, and nothing is half there`() async throws {
        try await set("query_only = 1")
        await #expect(throws: StoreError.readOnly) { _ = try await store.appendLedger([fixture.row(1)]) }
        try await set("query_only = 0")
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: fixture.files.databasePath, configuration: configuration)
        try await other.writeWithoutTransaction { try $0.beginTransaction(.exclusive) }
        await #expect(throws: StoreError.busy) { _ = try await store.appendLedger([fixture.row(1)]) }
        try await other.writeWithoutTransaction { try $0.rollback() }
        #expect(try await fixture.rows().isEmpty)
        #expect(try await store.appendLedger([fixture.row(1)]).appended == 1)
        try await fixture.expectThatItAddsUp()
    }

    private func set(_ pragma: String) async throws {
        try await store.database.writer.writeWithoutTransaction { try $0.execute(sql: "PRAGMA \(pragma)") }
    }

    @Test func `old rows go in pieces, and rollups and counters keep what they came to`() async throws {
        let limit = try #require(try await fixture.setLimits(settings).first)
        let accounts: AccountPeriods = [AccountPeriod(account: limit.account, start: limit.start)]
        let quarter: Int64 = 900_000
        // 1,700,000,000 s is 800 s into its quarter of an hour.
        let first = Timestamp(milliseconds: fixture.files.now.milliseconds - 800_000)
        let rows = (0..<40 as Range<Int64>).map {
            fixture.row($0, at: first.adding(milliseconds: $0 / 10 * quarter + 1), accounts: accounts)
        }
        _ = try await store.appendLedger(rows)
        let all = UsageQuery(from: first, to: first.adding(milliseconds: 4 * quarter))
        let before = try await store.usageReport(all)
        #expect(before.total.attempts == 40)
        // In the third quarter: the first two go.
        let moment = first.adding(milliseconds: 2 * quarter + 5)
        #expect(try await store.retireLedger(before: moment, limit: 15) == 15)
        try await fixture.expectThatItAddsUp()
        #expect(try await store.retireLedger(before: moment, limit: 15) == 5)
        #expect(try await store.retireLedger(before: moment, limit: 15) == 0)
        #expect(try await fixture.rows() == Array(rows[20...]))
        #expect(try await store.usageReport(all) == before)
        #expect(try await fixture.used() == [40, 0, 0, 0])
        try await fixture.expectThatItAddsUp()
        // Edges within what is gone cannot be exact.
        var ragged = all
        ragged.from = first.adding(milliseconds: 1)
        await #expect(throws: StoreError.rowsRetired) { _ = try await store.usageReport(ragged) }
        ragged.from = first.adding(milliseconds: 2 * quarter + 2)
        #expect(try await store.usageReport(ragged).total.attempts == 10)
    }

    @Test func `the check finds rollups and counters that were changed, and rows that are missing`()
        async throws
    {
        let limit = try #require(try await fixture.setLimits(settings).first)
        let accounts: AccountPeriods = [AccountPeriod(account: limit.account, start: limit.start)]
        _ = try await store.appendLedger((0..<10 as Range<Int64>).map { fixture.row($0, accounts: accounts) })
        try await fixture.expectThatItAddsUp()
        let quarter = fixture.files.now.milliseconds - 800_000
        try fixture.files.tamper("UPDATE usage_rollups SET prompt = prompt + 1")
        let day = quarter / 86_400_000 * 86_400_000
        let groups: [LedgerCheck.Difference] = [.group(quarter: day), .group(quarter: quarter)]
        #expect(try await store.checkLedger().differences == [.rollup(quarter: quarter)] + groups)
        try fixture.files.tamper("UPDATE usage_rollups SET prompt = prompt - 1")
        for (index, table) in ["project_rollups", "instance_rollups"].enumerated() {
            try fixture.files.tamper("UPDATE \(table) SET cost = cost + 1")
            #expect(try await store.checkLedger().differences == [groups[index]])
            try fixture.files.tamper("UPDATE \(table) SET cost = cost - 1")
        }
        try fixture.files.tamper("UPDATE limit_accounts SET used = used - 1 WHERE metric = 'requests'")
        #expect(
            try await store.checkLedger().differences == [.account(limit.account, used: 9, told: 10)])
        try fixture.files.tamper("DELETE FROM ledger_rows WHERE id = (SELECT max(id) FROM ledger_rows)")
        let check = try await store.checkLedger()
        #expect(check.rows == 9)
        #expect(check.differences == [.rollup(quarter: quarter)])
    }
}
