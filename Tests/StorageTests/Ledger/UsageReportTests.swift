import Domain
import Foundation
import GRDB
import Testing

@testable import Storage

@Suite struct UsageReportTests {
    private let fixture: LedgerFixture
    private var store: Store { fixture.store }

    init() async throws { fixture = try await LedgerFixture() }

    private func moment(_ text: String) throws -> Timestamp {
        let date = try Date(text, strategy: .iso8601)
        return Timestamp(seconds: Int64(date.timeIntervalSince1970))
    }

    /// Every day of a month in a time zone, as the calendar has it.
    private func days(of month: DateComponents, in zone: String) throws -> [UsageQuery.Period] {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: zone))
        var day = try #require(calendar.date(from: month))
        let end = try #require(calendar.date(byAdding: .month, value: 1, to: day))
        var periods: [UsageQuery.Period] = []
        while day < end {
            let next = try #require(calendar.date(byAdding: .day, value: 1, to: day))
            periods.append(
                UsageQuery.Period(
                    start: Timestamp(seconds: Int64(day.timeIntervalSince1970)),
                    end: Timestamp(seconds: Int64(next.timeIntervalSince1970)),
                    label: "\(calendar.component(.day, from: day))"))
            day = next
        }
        return periods
    }

    @Test(arguments: [
        ("Asia/Kolkata", 2026, 3, 744), ("Europe/Berlin", 2026, 3, 743), ("Europe/Berlin", 2026, 10, 745),
        ("America/New_York", 2026, 11, 721), ("Australia/Lord_Howe", 2026, 4, 720),
        ("Asia/Kathmandu", 2026, 2, 672), ("UTC", 2026, 2, 672),
    ])
    func `the days of a month add up in every zone`(zone: String, year: Int, month: Int, hours: Int)
        async throws
    {
        let days = try days(of: DateComponents(year: year, month: month), in: zone)
        let from = try #require(days.first).start
        let to = try #require(days.last).end
        // One row at the first and at the last millisecond of each quarter of an hour, from a day before to a
        // day after.
        let quarter: Int64 = 900_000
        var rows: [LedgerRow] = []
        var start = from.milliseconds - 86_400_000
        while start < to.milliseconds + 86_400_000 {
            for offset in [0, quarter - 1] {
                let sequence = Int64(rows.count)
                rows.append(
                    fixture.row(
                        sequence, at: Timestamp(milliseconds: start + offset),
                        model: sequence % 3 == 0 ? "a" : "b"))
            }
            start += quarter
        }
        _ = try await store.appendLedger(rows)
        var query = UsageQuery(from: from, to: to, dimensions: [.model], periods: days)
        let report = try await store.usageReport(query)
        #expect(report.nextCursor == nil)
        var told = UsageSums()
        for row in report.rows { told.add(row.sums) }
        #expect(told == report.total)
        for day in days {
            for model in ["a", "b"] {
                let expected = rows.count {
                    day.start <= $0.admittedAt && $0.admittedAt < day.end && $0.model == model
                }
                let row = report.rows.first { $0.period == day && $0.names == [model] }
                #expect(row?.sums.attempts == Int64(expected))
            }
        }
        let inside = rows.filter { from <= $0.admittedAt && $0.admittedAt < to }
        #expect(report.total.attempts == Int64(inside.count))
        #expect(report.total.tokens == Int64(inside.count) * 120)
        // A zone that moves its clock by half an hour has a half hour more; all is in hours here.
        #expect(inside.count / 8 == hours)
        query.periods = nil
        query.dimensions = []
        #expect(try await store.usageReport(query).total == report.total)
    }

    @Test func `edges within a quarter of an hour are exact`() async throws {
        let start = Timestamp(milliseconds: fixture.files.now.milliseconds - 800_000)
        let rows = (0..<400 as Range<Int64>).map {
            fixture.row(
                $0, at: start.adding(milliseconds: $0 * 10_007), accuracy: $0 % 2 == 0 ? .exact : .estimated)
        }
        _ = try await store.appendLedger(rows)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<100 {
            let from = start.adding(milliseconds: .random(in: -1_000_000...4_100_000, using: &generator))
            let to = from.adding(milliseconds: .random(in: -10...3_000_000, using: &generator))
            let split = from.adding(
                milliseconds: .random(in: 0...max(0, to.milliseconds - from.milliseconds), using: &generator))
            let inside = rows.filter { from <= $0.admittedAt && $0.admittedAt < to }
            let report = try await store.usageReport(
                UsageQuery(
                    from: from, to: to,
                    periods: [
                        UsageQuery.Period(start: .init(milliseconds: .min), end: split, label: "1"),
                        UsageQuery.Period(start: split, end: .init(milliseconds: .max), label: "2"),
                    ]))
            #expect(report.total.attempts == Int64(inside.count))
            #expect(report.total.estimatedRequests == Int64(inside.count { $0.accuracy != .exact }))
            #expect(
                report.rows.first { $0.period?.label == "1" }?.sums.attempts ?? 0
                    == Int64(inside.count { $0.admittedAt < split }))
        }
    }

    @Test func `usage is told apart by what was asked for, and sorted by it`() async throws {
        let now = fixture.files.now
        _ = try await store.appendLedger([
            fixture.row(1, model: "b", status: 1000), fixture.row(2, model: "b", status: 200),
            fixture.row(3, model: "a", status: 200, of: fixture.otherProject, with: fixture.otherToken),
            fixture.row(4, model: "b", status: 200, accuracy: .recovered),
        ])
        var query = UsageQuery(from: now, to: now.adding(milliseconds: 1), dimensions: [.model, .status])
        let report = try await store.usageReport(query)
        #expect(report.rows.map(\.names) == [["a", "200"], ["b", "200"], ["b", "1000"]])
        #expect(report.rows.map(\.sums.requests) == [1, 2, 1])
        #expect(report.rows.map(\.sums.estimatedRequests) == [0, 1, 0])
        #expect(report.total.usage.prompt == 400)
        #expect(report.total.usage.cachedPrompt == 40)
        #expect(report.total.usage.reasoning == 20)
        #expect(report.total.cost == Money(nanoUSD: 6000))
        query.dimensions = [
            .model, .accessToken, .project, .endpoint, .status, .attempt, .upstream, .credential, .lineage,
            .owner, .label("team"),
        ]
        #expect(
            try await store.usageReport(query).rows.first?.names == [
                "a", "Token0000002", "proj_bbbbbbbbbbbb", "chat_completions", "200", "1", "dummy", "",
                "Token0000002", "", "",
            ])
        query.project = fixture.project
        #expect(try await store.usageReport(query).total.attempts == 3)
        query.accessToken = fixture.otherToken
        #expect(try await store.usageReport(query).rows.isEmpty)
        query.project = nil
        #expect(try await store.usageReport(query).total.attempts == 1)
    }

    @Test func `attempts are told apart by their number, upstream and credential`() async throws {
        let now = fixture.files.now
        let targets = [
            AttemptTarget(upstream: "a.example.com", credential: CredentialID("cred_aaaaaaaaaaaa")),
            AttemptTarget(
                number: 2, upstream: "b.example.com", credential: CredentialID("cred_bbbbbbbbbbbb")),
            AttemptTarget(number: 10, upstream: "b.example.com"),
            AttemptTarget(),
        ]
        let rows = targets.enumerated().map { index, target in
            var row = fixture.row(Int64(index), status: target.number == 1 ? 500 : 200)
            row.target = target
            if target.number > 1 { row.charge.requests = 0 }
            return row
        }
        _ = try await store.appendLedger(rows)
        let quarter = Quarter(of: now).start
        // From rows, from the sums of projects or of the instance, and from those of access tokens.
        for (end, accessToken) in [
            (now.adding(milliseconds: 1), nil), (quarter.adding(milliseconds: 96 * 900_000), nil),
            (quarter.adding(milliseconds: 900_000), fixture.accessToken),
        ] {
            func report(_ dimensions: UsageQuery.Dimension...) async throws -> [[String]] {
                var query = UsageQuery(from: quarter, to: end, dimensions: dimensions)
                query.accessToken = accessToken
                return try await store.usageReport(query).rows.map { row in
                    row.names + ["\(row.sums.requests) of \(row.sums.attempts)"]
                }
            }
            #expect(try await report(.attempt) == [["1", "2 of 2"], ["2", "0 of 1"], ["10", "0 of 1"]])
            #expect(
                try await report(.upstream) == [
                    ["a.example.com", "1 of 1"], ["b.example.com", "0 of 2"], ["dummy", "1 of 1"],
                ])
            #expect(
                try await report(.credential) == [
                    ["", "1 of 2"], ["cred_aaaaaaaaaaaa", "1 of 1"], ["cred_bbbbbbbbbbbb", "0 of 1"],
                ])
            #expect(
                try await report(.upstream, .attempt, .credential) == [
                    ["a.example.com", "1", "cred_aaaaaaaaaaaa", "1 of 1"],
                    ["b.example.com", "2", "cred_bbbbbbbbbbbb", "0 of 1"],
                    ["b.example.com", "10", "", "0 of 1"], ["dummy", "1", "", "1 of 1"],
                ])
        }
        // The sums of the instance are not kept by what is one project's.
        let credentials = try await store.database.read {
            try String.fetchSet($0, sql: "SELECT credential FROM usage_groups WHERE project = ''")
        }
        #expect(credentials == [""])
    }

    @Test func `requests without a price are told from those that cost nothing`() async throws {
        let now = fixture.files.now
        var rows = [
            fixture.row(1), fixture.row(2), fixture.row(3, model: "other"), fixture.row(4, model: "other"),
        ]
        for place in [1, 2] { rows[place].priceVersion = 0 }
        _ = try await store.appendLedger(rows)
        let quarter = Quarter(of: now).start
        // From rows, from the sums of access tokens, of projects and of the instance.
        for (end, dimension) in [
            (now.adding(milliseconds: 1), UsageQuery.Dimension.model),
            (quarter.adding(milliseconds: 900_000), .accessToken),
            (quarter.adding(milliseconds: 96 * 900_000), .project),
            (quarter.adding(milliseconds: 900_000), .model),
        ] {
            let query = UsageQuery(from: quarter, to: end, dimensions: [dimension])
            #expect(try await store.usageReport(query).total.unpricedRequests == 2)
        }
        let query = UsageQuery(from: quarter, to: now.adding(milliseconds: 1), dimensions: [.model])
        #expect(try await store.usageReport(query).rows.map(\.sums.unpricedRequests) == [1, 1])
        #expect(try await store.checkLedger().differences.isEmpty)
        try await store.database.record {
            try $0.execute(sql: "UPDATE usage_rollups SET unpriced = unpriced + 1")
        }
        #expect(try await store.checkLedger().differences.isEmpty == false)
    }

    @Test(arguments: [1, 2, 5, 1000])
    func `pages hold every row once, in order`(limit: Int) async throws {
        let start = fixture.files.now
        let periods = (0..<3 as Range<Int64>).map {
            UsageQuery.Period(
                start: start.adding(milliseconds: $0 * 3_600_000),
                end: start.adding(milliseconds: ($0 + 1) * 3_600_000), label: "\($0)")
        }
        let rows = (0..<60 as Range<Int64>).map {
            fixture.row(
                $0, at: start.adding(milliseconds: $0 * 180_000), model: "m\($0 % 4)",
                status: $0 % 3 == 0 ? 200 : 429)
        }
        _ = try await store.appendLedger(rows)
        var query = UsageQuery(
            from: start, to: start.adding(milliseconds: 10_800_000), dimensions: [.status, .model],
            periods: periods)
        let whole = try await store.usageReport(query)
        query.limit = limit
        var paged: [UsageReport.Row] = []
        repeat {
            let page = try await store.usageReport(query)
            #expect(page.total == whole.total)
            #expect(page.rows.count <= limit)
            paged += page.rows
            query.cursor = page.nextCursor
        } while query.cursor != nil
        #expect(paged == whole.rows)
        for cursor in ["x", "zz", "31", ""] {
            query.cursor = cursor
            await #expect(throws: StoreError.notFound) { _ = try await store.usageReport(query) }
        }
    }

    @Test(.enabled(if: LedgerFixture.isVerifying))
    func `a million rows are reported in 300 milliseconds and opened in two seconds`() async throws {
        let count: Int64 = 1_000_000
        let days = try days(of: DateComponents(year: 2026, month: 3), in: "Europe/Berlin")
        let from = try #require(days.first).start
        let to = try #require(days.last).end
        let step = (to.milliseconds - from.milliseconds) / count
        let accessTokens = try (0..<10).map { try #require(AccessTokenID("Token000000\($0)")) }
        let clock = ContinuousClock()
        var appending = Duration.zero
        for first in stride(from: 0, to: count, by: 500) {
            let rows = (first..<first + 500).map { sequence in
                fixture.row(
                    sequence, at: from.adding(milliseconds: sequence * step), model: "gpt-\(sequence % 5)",
                    status: sequence % 50 == 0 ? 429 : 200, with: accessTokens[Int(sequence % 10)])
            }
            appending += try await clock.measure { _ = try await store.appendLedger(rows) }
        }
        let query = UsageQuery(from: from, to: to, dimensions: [.model], periods: days)
        var report = try await store.usageReport(query)
        let reporting = try await clock.measure { report = try await store.usageReport(query) }
        #expect(report.total.attempts == count)
        #expect(report.rows.count == 31 * 5)
        try store.close()
        let opening = try clock.measure {
            let queue = try DatabaseQueue(path: fixture.files.databasePath)
            try Schema.current.migrator.migrate(queue)
            try queue.close()
        }
        print("append \(appending / Int(count)) per row, report \(reporting), open \(opening)")
        #expect(reporting < .milliseconds(300))
        #expect(opening < .seconds(2))
    }
}
