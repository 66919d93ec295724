/// Coarser sums of the ledger beside those by access token, so that what a report reads grows with what it
/// shows.
///
/// Both are by *usage group*: a usage key without its access token (`project_rollups`), and without its
/// project too (`instance_rollups`, where `project` is empty). A place is `bucket << 32 | usage group`. The
/// buckets of the instance are quarters of an hour, so that its reports are exact in every time zone; those
/// of projects are days of UTC, for by the quarter they would be as many as those of the access tokens.
extension Schema {
    static let usageGroups =
        [
            """
            CREATE TABLE usage_groups (
                id INTEGER NOT NULL PRIMARY KEY,
                project TEXT NOT NULL,
                model TEXT NOT NULL,
                endpoint TEXT NOT NULL,
                status INTEGER NOT NULL,
                accuracy TEXT NOT NULL
            )
            """,
            """
            CREATE UNIQUE INDEX usage_groups_all ON usage_groups (project, model, endpoint, status, accuracy)
            """,
            "CREATE INDEX usage_keys_access_token ON usage_keys (access_token)",
            """
            INSERT INTO usage_groups (project, model, endpoint, status, accuracy)
            SELECT DISTINCT project, model, endpoint, status, accuracy FROM usage_keys
            """,
            """
            INSERT INTO usage_groups (project, model, endpoint, status, accuracy)
            SELECT DISTINCT '', model, endpoint, status, accuracy FROM usage_keys
            """,
        ]
        + rollups("project_rollups", bucket: "(place >> 32) / 96", project: "usage_keys.project")
        + rollups("instance_rollups", bucket: "(place >> 32)", project: "''")

    /// Makes a table of sums by usage group, and fills it from those by access token.
    private static func rollups(_ table: String, bucket: String, project: String) -> [String] {
        let names = UsageSums.columnNames
        return [
            """
            CREATE TABLE \(table) (
                place INTEGER NOT NULL PRIMARY KEY,
                attempts BIGINT NOT NULL,
                \(names.map { "\($0) BIGINT NOT NULL" }.joined(separator: ",\n    "))
            )
            """,
            """
            INSERT INTO \(table) (place, attempts, \(UsageSums.columns))
            SELECT (\(bucket) << 32) | usage_groups.id, \(saturatedSum("attempts")),
                \(names.map(saturatedSum).joined(separator: ", "))
            FROM usage_rollups
            JOIN usage_keys ON usage_keys.id = (place & 4294967295)
            JOIN usage_groups ON usage_groups.project = \(project) AND usage_groups.model = usage_keys.model
                AND usage_groups.endpoint = usage_keys.endpoint AND usage_groups.status = usage_keys.status
                AND usage_groups.accuracy = usage_keys.accuracy
            GROUP BY (\(bucket) << 32) | usage_groups.id
            """,
        ]
    }

    /// `sum(column)` fails where it does not fit. So the whole billions and the rest are summed apart, and
    /// what comes to 9 · 10^18 or more is the largest there is.
    private static func saturatedSum(_ column: String) -> String {
        let billions = "sum(\(column) / 1000000000)"
        let rest = "sum(\(column) % 1000000000)"
        let whole = "(\(billions) + \(rest) / 1000000000)"
        return """
            CASE WHEN \(whole) >= 9000000000 THEN \(Int64.max) WHEN \(whole) <= -9000000000 THEN -\(Int64.max)
                ELSE \(whole) * 1000000000 + \(rest) % 1000000000 END
            """
    }
}
