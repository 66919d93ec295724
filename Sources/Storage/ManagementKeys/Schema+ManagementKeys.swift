/// A row is a management key: what it may do, and in which project; NULL is in all of them.
extension Schema {
    static let managementKeys = [
        """
        CREATE TABLE management_keys (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 12),
            name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 400),
            hash BYTEA NOT NULL CHECK (length(hash) = 32),
            role TEXT NOT NULL CHECK (role IN ('read', 'issue', 'admin')),
            project TEXT REFERENCES projects (id),
            created_at BIGINT NOT NULL,
            revoked_at BIGINT
        )
        """,
        "CREATE UNIQUE INDEX management_keys_hash ON management_keys (hash)",
    ]
}
