import Domain
import Foundation
import GRDB
import Testing

@testable import Storage

/// Whatever numbers the database holds, reports, sums and checks come to an end.
@Suite struct ExtremeNumbersTests {
    private let fixture: LedgerFixture
    private var store: Store { fixture.store }

    init() async throws { fixture = try await LedgerFixture() }

    private static let tables = ["usage_rollups", "project_rollups", "instance_rollups"]

    /// Rows of two models, in one quarter of an hour, so that there is something to add up.
    private func fill() async throws {
        _ = try await store.appendLedger([
            fixture.row(1, model: "a"), fixture.row(2, model: "b"),
            fixture.row(3, model: "b", accuracy: .estimated),
        ])
    }

    private func set(_ value: String) throws {
        let columns = ["attempts"] + UsageSums.Column.columnNames
        for table in Self.tables {
            try fixture.files.tamper(
                "UPDATE \(table) SET \(columns.map { "\($0) = \(value)" }.joined(separator: ", "))")
        }
    }

    private func report(_ dimensions: [UsageQuery.Dimension]) async throws -> UsageReport {
        let now = fixture.files.now
        return try await store.usageReport(
            UsageQuery(
                from: now.adding(milliseconds: -86_400_000 * 3), to: now.adding(milliseconds: 86_400_000 * 3),
                dimensions: dimensions))
    }

    @Test(arguments: [
        ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min), ("9.3e18", Int64.max),
        ("-9.3e18", Int64.min),
    ])
    func `sums of what is stored saturate in every grouping`(value: String, expected: Int64) async throws {
        try await fill()
        try set(value)
        for dimensions in [
            [], [.model], [.project], [.accessToken], [.lineage, .model], [.status, .endpoint],
        ]
            as [[UsageQuery.Dimension]]
        {
            let total = try await report(dimensions).total
            #expect(total.tokens == expected && total.cost.nanoUSD == expected)
            #expect(total.usage.prompt == expected && total.attempts == expected)
            let export = try await store.usageExport(
                UsageQuery(
                    from: fixture.files.now.adding(milliseconds: -900_000 * 10),
                    to: fixture.files.now.adding(milliseconds: 900_000 * 10), dimensions: dimensions))
            var rows = 0
            while case let part = try await export.next(), !part.isEmpty { rows += part.count }
            #expect(rows > 0)
        }
    }

    @Test func `rows that claim as much as a row may are added to sums that are full`() async throws {
        try await fill()
        try set("9223372036854775000")
        var rows: [LedgerRow] = []
        for sequence in Int64(10)..<20 {
            var row = fixture.row(sequence, model: "b")
            row.usage = Usage(prompt: .max, completion: .max)
            row.charge = Charge(requests: 1, tokens: .max, cost: .max)
            rows.append(row)
        }
        _ = try await store.appendLedger(rows)
        let model = try #require(try await report([.model]).rows.first { $0.names == ["b"] })
        #expect(model.sums.tokens == .max && model.sums.cost == .max && model.sums.usage.completion == .max)
        // Integers still, and not numbers of floating point.
        let kinds = try await store.database.read { database in
            try Self.tables.flatMap {
                try String.fetchAll(database, sql: "SELECT DISTINCT typeof(tokens) FROM \($0)")
            }
        }
        #expect(Set(kinds) == ["integer"])
    }

    @Test func `what was stored as a number of floating point is a limit's counter all the same`()
        async throws
    {
        _ = try await fixture.setLimits(["tokens=1000/day", "requests=5/lifetime"])
        for (used, credit, expected) in [
            ("9.3e18", "9.3e18", Int64.max), ("-9.3e18", "0", .min), ("9223372036854775807", "0", .max),
            ("-9223372036854775808", "0", .min),
        ] {
            try fixture.files.tamper(
                "UPDATE limit_accounts SET used = \(used), base = \(used), credit = \(credit)")
            #expect(try await fixture.used() == [expected, expected])
            _ = try await store.checkLedger()
            let records = try await store.accessRecords(at: fixture.files.now)
            #expect(records.limits.allSatisfy { $0.records.allSatisfy { $0.credit >= 0 } })
        }
    }

    @Test func `moments before and after all time fall into some quarter of an hour`() async throws {
        let moments: [Int64] = [.min, .min + 1, -1, 0, .max - 1, .max]
        let rows = moments.enumerated().map { index, moment in
            fixture.row(Int64(index), at: Timestamp(milliseconds: moment))
        }
        #expect(try await store.appendLedger(rows).appended == 6)
        #expect(try await fixture.rows().map(\.admittedAt.milliseconds) == moments)
        try await fixture.expectThatItAddsUp()
        try fixture.files.tamper(
            "UPDATE ledger_state SET value = 9223372036854775807 WHERE name = 'kept_from'")
        _ = try await store.checkLedger()
        _ = try await report([.model])
    }

    @Test func `the check of the ledger ends whatever the rows and the sums say`() async throws {
        let records = try await fixture.setLimits(["tokens=1000/day"])
        var periods = AccountPeriods()
        _ = periods.append(AccountPeriod(account: records[0].account, start: records[0].start))
        _ = try await store.appendLedger([
            fixture.row(1, accounts: periods), fixture.row(2, accounts: periods),
            fixture.row(3, accounts: periods),
        ])
        let numbers = UsageSums.Column.columnNames.dropLast()
        for value in ["9223372036854775807", "-9223372036854775808"] {
            try fixture.files.tamper(
                "UPDATE ledger_rows SET \(numbers.map { "\($0) = \(value)" }.joined(separator: ", "))")
            try fixture.files.tamper("UPDATE usage_rollups SET first_row = 9, last_row = 1")
            #expect(try await !store.checkLedger().differences.isEmpty)
        }
        let later = Timestamp(milliseconds: fixture.files.now.milliseconds + 86_400_000)
        #expect(try await store.retireLedger(before: later, limit: 10) == 3)
        _ = try await fixture.records()
    }

    @Test(arguments: ["9223372036854775807", "-9223372036854775808", "16777215"])
    func `a number of starts that cannot be is begun anew behind the rows`(value: String) async throws {
        try await fill()
        try fixture.files.tamper("UPDATE ledger_state SET value = \(value) WHERE name = 'generation'")
        #expect(try await store.beginGeneration() == 2)
        #expect(try await store.beginGeneration() == 3)
    }

    @Test func `an audit event with the largest number ends no process`() async throws {
        try fixture.files.tamper(
            """
            INSERT INTO audit_events (seq, at, principal, action, subject, details)
            VALUES (9223372036854775807, 0, 'system', 'store.initialise', 'store', '[]')
            """)
        await #expect(throws: StoreError.corrupt) {
            try await store.createProject(
                try fixture.files.project(), by: .console(at: fixture.files.now))
        }
    }
}
