/// Objects that upstreams work on in the background, and that several rows of the ledger may tell of.
///
/// A row of `pending_objects` is a background response, a batch or a run whose row stands at its reservation,
/// with all that the row takes which corrects it. `path` is where the upstream reports its end, NULL where it
/// cannot be asked; `next_at` is when it is asked next. A row of `seen_objects` is an object that was
/// charged, in `ledger_row`: no other row is charged for it.
extension Schema {
    static let objects = [
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
        """
        CREATE TABLE seen_objects (
            project TEXT NOT NULL,
            object TEXT NOT NULL,
            ledger_row BIGINT NOT NULL,
            PRIMARY KEY (project, object)
        )
        """,
    ]
}
