import Domain
import GRDB

/// Which names the keys of a rollup stand for in a report: read from `usage_keys` or `usage_groups`, all at
/// once or one by one. Keys are never changed, so what was learnt holds on.
struct UsageKeyNames {
    /// A key's names, as the report numbers them.
    struct Code: Hashable {
        let names: Int32
        let isExact: Bool
    }

    private static let unknown: Int32 = -1
    private static let excluded: Int32 = -2
    /// Keys are numbered without gaps: a larger number is none that was given out.
    private static let largest = 1 << 26

    private let query: UsageQuery
    /// Told apart by access token.
    private let isFine: Bool
    private let columns: String
    /// What the query's dimensions make of an access token; nil where they do not ask for its record.
    private let holders: UsageHolders
    private let wanted: Set<String>?
    /// By key: twice the number of the names, and 1 where they are exact.
    private var codes: [Int32] = []
    private var isComplete = false

    init(_ query: UsageQuery, isFine: Bool, holders: UsageHolders) {
        self.query = query
        self.isFine = isFine
        self.holders = holders
        wanted = query.accessTokens.map { Set($0.map(\.rawValue)) }
        let dimensions = query.dimensions.map { dimension in
            switch dimension {
            case .model: "model"
            case .project: "project"
            case .endpoint: "endpoint"
            case .status: "status"
            case .attempt: "attempt"
            case .upstream: "upstream"
            case .credential: "credential"
            case .accessToken, .lineage, .owner, .label: "access_token"
            }
        }
        let fixed = [
            "id", "CASE WHEN accuracy = 'exact' THEN 1 ELSE 0 END", "project",
            isFine ? "access_token" : "''",
        ]
        columns = (fixed + dimensions).joined(separator: ", ")
    }

    private static let firstDimension: Int32 = 4

    /// The SQL that tells the keys that the query asks for, with what is bound to it; nil where that is all
    /// of them, or more than SQL should name.
    var filter: (sql: String, arguments: [String])? {
        if let accessToken = query.accessToken { return ("access_token = ?", [accessToken.rawValue]) }
        if let project = query.project { return ("project = ?", [project.rawValue]) }
        guard let wanted, wanted.count <= 500 else { return nil }
        return ("access_token IN (\(databaseQuestionMarks(count: wanted.count)))", wanted.sorted())
    }

    private var all: String {
        guard !isFine else { return "1 = 1" }
        return RollupTable(of: query) == .instance ? "project = ''" : "project <> ''"
    }

    private var table: String { isFine ? "usage_keys" : "usage_groups" }

    /// Reads all that the query asks for; any other is none from then on.
    mutating func learnAll(in database: Database, into names: inout UsageNameTable) throws {
        let filter = filter
        let statement = try RawStatement(
            "SELECT \(columns) FROM \(table) WHERE \(filter?.sql ?? all)", in: database)
        defer { statement.reset() }
        for (index, text) in (filter?.arguments ?? []).enumerated() {
            statement.bind(text, at: Int32(index + 1))
        }
        while try statement.step() { try learn(from: statement, into: &names) }
        isComplete = true
    }

    /// nil for a key that the query does not ask for.
    mutating func code(
        of key: Int64, in database: Database, into names: inout UsageNameTable
    ) throws -> Code? {
        var code = key >= 0 && key < codes.count ? codes[Int(key)] : Self.unknown
        if code == Self.unknown, !isComplete {
            try learn(key, in: database, into: &names)
            code = codes[Int(key)]
        }
        guard code >= 0 else { return nil }
        return Code(names: code >> 1, isExact: code & 1 == 1)
    }

    private mutating func learn(
        _ key: Int64, in database: Database, into names: inout UsageNameTable
    ) throws {
        let statement = try RawStatement("SELECT \(columns) FROM \(table) WHERE id = ?", in: database)
        defer { statement.reset() }
        statement.bind(key, at: 1)
        guard try statement.step() else { throw StoreError.corrupt }
        try learn(from: statement, into: &names)
    }

    private mutating func learn(from statement: RawStatement, into names: inout UsageNameTable) throws {
        let key = statement.int(0)
        guard key >= 0, key < Self.largest else { throw StoreError.corrupt }
        if codes.count <= key {
            codes += [Int32](repeating: Self.unknown, count: Int(key) + 1 - codes.count)
        }
        guard isAskedFor(statement) else {
            codes[Int(key)] = Self.excluded
            return
        }
        let number = names.number { index in
            holders.name(statement.text(Self.firstDimension + Int32(index)), in: index)
        }
        codes[Int(key)] = number << 1 | Int32(statement.int(1))
    }

    private func isAskedFor(_ key: RawStatement) -> Bool {
        if let project = query.project, project.rawValue != key.text(2) { return false }
        guard isFine else { return true }
        if let accessToken = query.accessToken, accessToken.rawValue != key.text(3) { return false }
        return wanted?.contains(key.text(3)) != false
    }
}
