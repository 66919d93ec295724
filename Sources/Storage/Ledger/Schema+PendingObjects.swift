/// Objects that the upstream is still at work on: background responses, batches and runs whose rows stand at
/// their reservation, with all that the row takes which corrects it.
///
/// `path` is where the upstream reports their end, NULL where it cannot be asked; `next_at` is when it is
/// asked next, or would be.
extension Schema {
    static let pendingObjects = [
        """
        CREATE TABLE pending_objects (
            project TEXT NOT NULL,
            object TEXT NOT NULL,
            ledger_row BIGINT NOT NULL,
            names BIGINT NOT NULL,
            admitted_at BIGINT NOT NULL,
            tokens BIGINT NOT NULL,
            cost BIGINT NOT NULL,
            prompt BIGINT NOT NULL,
            completion BIGINT NOT NULL,
            accounts BYTEA,
            tier TEXT NOT NULL,
            keeps_cache_long INTEGER NOT NULL,
            path TEXT,
            next_at BIGINT NOT NULL,
            attempts INTEGER NOT NULL,
            PRIMARY KEY (project, object)
        )
        """,
        "CREATE INDEX pending_objects_next ON pending_objects (next_at)",
    ]
}
