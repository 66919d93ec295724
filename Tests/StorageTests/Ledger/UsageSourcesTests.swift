import Domain
import Testing

@testable import Storage

/// Whatever a report is taken from, sums by access token, by project, of the instance, or rows: it is what
/// the rows come to.
@Suite struct UsageSourcesTests {
    private let fixture: LedgerFixture
    private var store: Store { fixture.store }

    init() async throws { fixture = try await LedgerFixture() }

    private static let hour: Int64 = 3_600_000

    /// Rows of two projects and four access tokens within six days, the first at the beginning of a day of
    /// UTC.
    private func rows(_ count: Int64, from start: Timestamp, _ random: inout SplitMix) -> [LedgerRow] {
        (0..<count).map { sequence in
            let token = Int(random.next() % 4)
            var row = fixture.row(
                sequence, at: start.adding(milliseconds: Int64(random.next() % UInt64(144 * Self.hour))),
                model: ["a", "b"][Int(random.next() % 2)], status: [200, 429][Int(random.next() % 2)],
                accuracy: random.next() % 5 == 0 ? .estimated : .exact,
                of: token < 2 ? fixture.project : fixture.otherProject,
                with: AccessTokenID(unchecked: "Token000000\(token)"))
            row.target = AttemptTarget(
                number: Int32(1 + random.next() % 2), upstream: ["a", "b"][Int(random.next() % 2)],
                credential: random.next() % 3 == 0 ? nil : CredentialID("cred_\(row.accessToken)"))
            row.charge.requests = row.target.number == 1 ? 1 : 0
            return row
        }
    }

    /// The report by the definition: row by row.
    private func expected(_ query: UsageQuery, of rows: [LedgerRow]) -> [[String]: UsageSums] {
        var sums: [[String]: UsageSums] = [:]
        for row in rows where query.from <= row.admittedAt && row.admittedAt < query.to {
            guard query.project == nil || query.project == row.project,
                query.accessToken == nil || query.accessToken == row.accessToken,
                query.accessTokens?.contains(row.accessToken) != false
            else { continue }
            let period = query.periods?.first { $0.start <= row.admittedAt && row.admittedAt < $0.end }
            guard query.periods == nil || period != nil else { continue }
            let names = query.dimensions.map { dimension in
                switch dimension {
                case .model: row.modelAsked?.rawValue ?? ""
                case .accessToken, .lineage: row.accessToken.rawValue
                case .project: row.project.rawValue
                case .endpoint: row.endpoint
                case .status: String(row.status)
                case .attempt: String(row.target.number)
                case .upstream: row.target.upstream
                case .credential: row.target.credential?.rawValue ?? ""
                case .owner, .label: ""
                }
            }
            sums[[period?.label ?? ""] + names, default: UsageSums()].add(
                row.usage, row.charge, isExact: row.accuracy == .exact, isPriced: row.priceVersion != 0)
        }
        return sums
    }

    private func query(
        _ start: Timestamp, _ dimensions: [UsageQuery.Dimension], _ random: inout SplitMix
    ) -> UsageQuery {
        let quarter: Int64 = 900_000
        let unit = [1, quarter, 96 * quarter][Int(random.next() % 3)]
        func moment(_ first: Int64, _ last: Int64) -> Timestamp {
            let span = UInt64((last - first) * Self.hour)
            return start.adding(
                milliseconds: (first * Self.hour + Int64(random.next() % span)) / unit * unit)
        }
        let (from, to) = (moment(-20, 60), moment(70, 160))
        var periods: [UsageQuery.Period]?
        if random.next() % 2 == 0 {
            // Days of a zone: of UTC, of one that is three quarters of an hour off, or hours.
            let offset = [0, 3 * quarter][Int(random.next() % 2)]
            let length = [24 * Self.hour, Self.hour][Int(random.next() % 2)]
            periods = (-1..<(168 * Self.hour / length)).map { index in
                let begin = start.adding(milliseconds: index * length - offset)
                return UsageQuery.Period(
                    start: begin, end: begin.adding(milliseconds: length), label: "\(index)")
            }
        }
        return UsageQuery(from: from, to: to, dimensions: dimensions, periods: periods, limit: 100_000)
    }

    @Test func `a report is what its rows come to, whatever it asks for`() async throws {
        var random = SplitMix(seed: 7)
        let day = 24 * Self.hour
        let start = Timestamp(milliseconds: fixture.files.now.milliseconds / day * day)
        let rows = rows(600, from: start, &random)
        // In two parts, and a part of it twice: sums are added to.
        _ = try await store.appendLedger(rows[..<350])
        _ = try await store.appendLedger(rows[300...])
        try await fixture.expectThatItAddsUp()
        let choices: [[UsageQuery.Dimension]] = [
            [], [.model], [.status, .model], [.endpoint], [.project], [.model, .project],
            [.accessToken], [.project, .accessToken, .status], [.lineage], [.owner, .model],
            [.attempt], [.upstream, .attempt], [.credential], [.credential, .model, .upstream],
            [.accessToken, .credential],
        ]
        for round in 0..<300 {
            var query = query(start, choices[round % choices.count], &random)
            switch random.next() % 6 {
            case 0: query.project = fixture.project
            case 1: query.accessToken = rows[0].accessToken
            case 2: query.accessTokens = Set(rows.prefix(2).map(\.accessToken))
            case 3:
                query.project = fixture.otherProject
                query.accessToken = rows[1].accessToken
            default: break
            }
            let report = try await store.usageReport(query)
            let named = report.rows.map { ([$0.period?.label ?? ""] + $0.names, $0.sums) }
            let found = Dictionary(named, uniquingKeysWith: { first, _ in first })
            #expect(found.count == report.rows.count)
            #expect(found == expected(query, of: rows), "\(query)")
            var total = UsageSums()
            for sums in found.values { total.add(sums) }
            #expect(report.total == total)

            let export = try await store.usageExport(query)
            var exported: [UsageReport.Row] = []
            while case let part = try await export.next(), !part.isEmpty { exported += part }
            #expect(exported == report.rows)
        }
    }

    @Test func `an export comes in parts that hold each row once, in the order of the report`() async throws {
        let start = fixture.files.now
        let rows = (0..<2600 as Range<Int64>).map { sequence in
            fixture.row(
                sequence, at: start.adding(milliseconds: sequence % 2 * Self.hour), model: "m\(sequence / 2)")
        }
        _ = try await store.appendLedger(rows)
        let periods = (0..<2 as Range<Int64>).map { hour in
            UsageQuery.Period(
                start: start.adding(milliseconds: hour * Self.hour),
                end: start.adding(milliseconds: (hour + 1) * Self.hour), label: "\(hour)")
        }
        let query = UsageQuery(
            from: start, to: start.adding(milliseconds: 2 * Self.hour), dimensions: [.model],
            periods: periods, limit: 10_000)
        let export = try await store.usageExport(query)
        var parts: [[UsageReport.Row]] = []
        while case let part = try await export.next(), !part.isEmpty { parts.append(part) }
        #expect(parts.map(\.count).max() ?? 0 <= 1000 && parts.count > 2)
        #expect(parts.flatMap { $0 } == (try await store.usageReport(query)).rows)
        #expect(try await export.next().isEmpty)
    }

    @Test func `names of owners, labels and rotations are those of now`() async throws {
        let project = try fixture.files.project()
        try await store.createProject(project, by: .console(at: fixture.files.now))
        var first = try fixture.files.accessToken(of: project)
        first.owner = Label("bob")
        first.labels = try LabelSet(["team": "search"])
        try await store.issueAccessToken(first, by: .console(at: fixture.files.now))
        let other = try fixture.files.accessToken(of: project)
        let (_, second) = try await store.rotateAccessToken(
            first.id, to: AccessTokenSuccessor(id: other.id, hash: other.hash, lifetime: nil), grace: 100,
            by: .console(at: fixture.files.now))
        let now = fixture.files.now
        _ = try await store.appendLedger([
            fixture.row(1, of: project.id, with: first.id), fixture.row(2, of: project.id, with: second.id),
            fixture.row(3, of: project.id, with: AccessTokenID(unchecked: "NobodyKnows1")),
        ])
        func names(_ dimension: UsageQuery.Dimension) async throws -> [[String]] {
            let query = UsageQuery(from: now, to: now.adding(milliseconds: 1), dimensions: [dimension])
            return try await store.usageReport(query).rows.map { $0.names + [String($0.sums.attempts)] }
        }
        #expect(try await names(.owner) == [["", "1"], ["bob", "2"]])
        #expect(try await names(.label("team")) == [["", "1"], ["search", "2"]])
        #expect(try await names(.label("none")) == [["", "3"]])
        #expect(
            Set(try await names(.lineage)) == [[first.id.rawValue, "2"], ["NobodyKnows1", "1"]])
    }
}

/// Numbers that are the same in each run.
private struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
