/// Grants of access tokens, and how projects account.
///
/// A list of a grant is a JSON array of texts; NULL is not restricted. `lineage` is the first access token of
/// the rotations.
extension Schema {
    static let grants = [
        """
        CREATE TABLE granted_access_tokens (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 12),
            project TEXT NOT NULL REFERENCES projects (id),
            name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 400),
            hash BYTEA NOT NULL CHECK (length(hash) = 32),
            created_at BIGINT NOT NULL,
            expires_at BIGINT,
            expired_at BIGINT CHECK (expired_at IS NULL OR expires_at IS NOT NULL),
            revoked_at BIGINT,
            lineage TEXT NOT NULL CHECK (length(lineage) = 12),
            models TEXT,
            endpoints TEXT,
            networks TEXT,
            not_before BIGINT,
            idle_seconds BIGINT CHECK (idle_seconds IS NULL OR idle_seconds > 0),
            output_cap TEXT,
            last_used_at BIGINT
        )
        """,
        """
        INSERT INTO granted_access_tokens
            (id, project, name, hash, created_at, expires_at, expired_at, revoked_at, lineage)
        SELECT id, project, name, hash, created_at, expires_at, expired_at, revoked_at, id FROM access_tokens
        """,
        "DROP TABLE access_tokens",
        "ALTER TABLE granted_access_tokens RENAME TO access_tokens",
        "CREATE UNIQUE INDEX access_tokens_hash ON access_tokens (hash)",
        "CREATE INDEX access_tokens_created ON access_tokens (created_at, id)",
        "CREATE INDEX access_tokens_project ON access_tokens (project, created_at, id)",
        "ALTER TABLE projects ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'UTC' CHECK (length(time_zone) > 0)",
        """
        ALTER TABLE projects ADD COLUMN stream_usage TEXT NOT NULL DEFAULT 'inject'
            CHECK (stream_usage IN ('inject', 'observe'))
        """,
        "ALTER TABLE projects ADD COLUMN unpriced TEXT NOT NULL DEFAULT 'refuse' CHECK (length(unpriced) > 0)",
    ]
}
