import Domain
import GRDB

/// What a report knows of an access token beside the ledger: its first rotation, who holds it and its labels, as
/// they are now.
struct UsageHolder {
    let lineage: String
    let owner: String?
    let labels: LabelSet

    /// By the ids of the access tokens; empty where no dimension asks for it.
    static func all(for query: UsageQuery, in database: Database) throws -> [String: UsageHolder] {
        guard query.dimensions.contains(where: \.isOfHolder) else { return [:] }
        let rows = try Row.fetchAll(database, sql: "SELECT id, lineage, owner, labels FROM access_tokens")
        return Dictionary(
            try rows.map { row in
                let holder = UsageHolder(
                    lineage: try row.value("lineage"), owner: try row.optional("owner"),
                    labels: try row.labels())
                return (try row.value("id"), holder)
            }, uniquingKeysWith: { first, _ in first })
    }
}
