/// A row is an access token that waits to be claimed, and how it was.
///
/// `lifetime` is `endless`, or `seconds` or `until` with a number after a space. `limits` is a JSON array of
/// texts; labels and grants are as those of access tokens.
extension Schema {
    static let invitations = [
        """
        CREATE TABLE invitations (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 12),
            hash BYTEA NOT NULL CHECK (length(hash) = 32),
            project TEXT NOT NULL REFERENCES projects (id),
            name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 400),
            owner TEXT CHECK (length(owner) BETWEEN 1 AND 400),
            labels TEXT CHECK (length(labels) > 2),
            lifetime TEXT NOT NULL,
            limits TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            expires_at BIGINT NOT NULL,
            revoked_at BIGINT,
            claimed_at BIGINT,
            claimed_from TEXT,
            access_token TEXT REFERENCES access_tokens (id),
            models TEXT,
            endpoints TEXT,
            networks TEXT,
            not_before BIGINT,
            idle_seconds BIGINT CHECK (idle_seconds > 0),
            output_cap TEXT,
            unbounded_output TEXT CHECK (unbounded_output IN ('fit', 'refuse')),
            CHECK ((claimed_at IS NULL) = (access_token IS NULL))
        )
        """,
        "CREATE UNIQUE INDEX invitations_hash ON invitations (hash)",
        "CREATE INDEX invitations_created ON invitations (created_at, id)",
    ]
}
