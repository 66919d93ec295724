import Domain
import GRDB

/// What a report knows of access tokens beside the ledger: for each dimension that asks for it the first
/// rotation, who holds it or a label, as they are now.
struct UsageHolders {
    /// By the dimension's place: names by the ids of the access tokens.
    private var names: [Int: [String: String]] = [:]
    /// Of a dimension whose access tokens are not all there: what one is called that is missing.
    private var missing: [Int: String] = [:]

    init() {}

    init(of query: UsageQuery, in database: Database) throws {
        for (index, dimension) in query.dimensions.enumerated() {
            switch dimension {
            case .lineage:
                // An access token that nobody knows any more is its own.
                names[index] = try Self.pairs(
                    "SELECT id, lineage FROM access_tokens WHERE lineage <> id", in: database)
            case .owner:
                names[index] = try Self.pairs(
                    "SELECT id, owner FROM access_tokens WHERE owner IS NOT NULL", in: database)
                missing[index] = ""
            case .label(let name):
                names[index] = try Self.pairs(
                    "SELECT access_token, value FROM access_token_labels WHERE name = ?", name, in: database)
                missing[index] = ""
            case .model, .accessToken, .project, .endpoint, .status, .attempt, .upstream, .credential: break
            }
        }
    }

    /// What `text`, the key's column, is called in a dimension.
    func name(_ text: String, in dimension: Int) -> String {
        guard let names = names[dimension] else { return text }
        return names[text] ?? missing[dimension] ?? text
    }

    private static func pairs(
        _ sql: String, _ argument: String? = nil, in database: Database
    ) throws -> [String: String] {
        let statement = try RawStatement(sql, in: database)
        defer { statement.reset() }
        if let argument { statement.bind(argument, at: 1) }
        var pairs: [String: String] = [:]
        while try statement.step() { pairs[statement.text(0)] = statement.text(1) }
        return pairs
    }
}
