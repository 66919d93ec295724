/// Access tokens that wait to be claimed. `lifetime` is `endless`, or `seconds` or `until` with a number
/// behind a space; `labels` is a JSON object, the other lists are JSON arrays of texts.
extension Schema {
    static let invitations = [
        """
        CREATE TABLE invitations (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 12),
            hash BYTEA NOT NULL CHECK (length(hash) = 32),
            project TEXT NOT NULL REFERENCES projects (id),
            name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 400),
            owner TEXT CHECK (length(owner) BETWEEN 1 AND 400),
            labels TEXT,
            lifetime TEXT NOT NULL,
            limits TEXT NOT NULL,
            models TEXT,
            endpoints TEXT,
            networks TEXT,
            not_before BIGINT,
            idle_seconds BIGINT CHECK (idle_seconds IS NULL OR idle_seconds > 0),
            output_cap TEXT,
            created_at BIGINT NOT NULL,
            expires_at BIGINT NOT NULL,
            revoked_at BIGINT,
            claimed_at BIGINT,
            claimed_from TEXT,
            access_token TEXT REFERENCES access_tokens (id),
            CHECK ((claimed_at IS NULL) = (access_token IS NULL))
        )
        """,
        "CREATE UNIQUE INDEX invitations_hash ON invitations (hash)",
        "CREATE INDEX invitations_created ON invitations (created_at, id)",
    ]
}
