/// What the ledger comes to in sums, which are kept for ever.
///
/// A row of `usage_keys` is what usage is summed by, without its moment. A *usage group* is a usage key
/// without its access token, and without its project and its credential too where `project` is empty.
/// `attempt`, `upstream` and `credential` are ``AttemptTarget``; `credential` is empty where none was sent.
///
/// A rollup is by a key or group and a stretch of time, its bucket; `place` is `bucket << 32 | key`, so that
/// the sums of a span of time lie side by side. Buckets are *quarters* of an hour since 1970 (no time zone in
/// use begins its hours elsewhere), but days of UTC in `project_rollups`: by the quarter they would be as
/// many as those of the access tokens. `first_row` and `last_row` are the ids between which a rollup's rows
/// lie. `attempts` are its rows, corrections among them. `unpriced` are the requests that used something for
/// which no price was known.
extension Schema {
    static let usage = [
        """
        CREATE TABLE usage_keys (
            id INTEGER NOT NULL PRIMARY KEY,
            access_token TEXT NOT NULL,
            \(group)
        )
        """,
        "CREATE UNIQUE INDEX usage_keys_all ON usage_keys (project, access_token, \(names))",
        "CREATE INDEX usage_keys_access_token ON usage_keys (access_token)",
        """
        CREATE TABLE usage_groups (
            id INTEGER NOT NULL PRIMARY KEY,
            \(group)
        )
        """,
        "CREATE UNIQUE INDEX usage_groups_all ON usage_groups (project, \(names))",
        rollups("usage_rollups", "first_row BIGINT NOT NULL, last_row BIGINT NOT NULL,"),
        rollups("project_rollups"),
        rollups("instance_rollups"),
    ]

    /// Columns of a group, which a key has too.
    private static let group = """
        project TEXT NOT NULL,
        model TEXT NOT NULL,
        endpoint TEXT NOT NULL,
        status INTEGER NOT NULL,
        accuracy TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        upstream TEXT NOT NULL,
        credential TEXT NOT NULL
        """
    private static let names = "model, endpoint, status, accuracy, attempt, upstream, credential"

    private static func rollups(_ table: String, _ more: String = "") -> String {
        """
        CREATE TABLE \(table) (
            place INTEGER NOT NULL PRIMARY KEY, \(more)
            attempts BIGINT NOT NULL,
            requests BIGINT NOT NULL,
            tokens BIGINT NOT NULL,
            cost BIGINT NOT NULL,
            prompt BIGINT NOT NULL,
            cached_prompt BIGINT NOT NULL,
            cache_write_prompt BIGINT NOT NULL,
            audio_prompt BIGINT NOT NULL,
            image_prompt BIGINT NOT NULL,
            completion BIGINT NOT NULL,
            reasoning BIGINT NOT NULL,
            audio_completion BIGINT NOT NULL,
            image_completion BIGINT NOT NULL,
            audio_ms BIGINT NOT NULL,
            unpriced BIGINT NOT NULL
        )
        """
    }
}
