/// A row is an access token: whom it belongs to, what it may do, and what became of it. None is ever removed.
///
/// `lineage` is the first access token of the rotations, whose limits it has. `expired_at` is when it was
/// seen expired. `models`, `endpoints` and `networks` are JSON arrays of texts, NULL where not restricted;
/// `unbounded_output` is NULL where the project's holds. `labels` is a JSON object, NULL without any;
/// `access_token_labels` has the same ones by one, to search by, and both are written together.
extension Schema {
    static let accessTokens = [
        """
        CREATE TABLE access_tokens (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 12),
            project TEXT NOT NULL REFERENCES projects (id),
            name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 400),
            hash BYTEA NOT NULL CHECK (length(hash) = 32),
            created_at BIGINT NOT NULL,
            expires_at BIGINT,
            expired_at BIGINT CHECK (expired_at IS NULL OR expires_at IS NOT NULL),
            revoked_at BIGINT,
            suspended_at BIGINT,
            lineage TEXT NOT NULL CHECK (length(lineage) = 12),
            rotated_from TEXT REFERENCES access_tokens (id),
            rotated_to TEXT REFERENCES access_tokens (id),
            owner TEXT CHECK (length(owner) BETWEEN 1 AND 400),
            labels TEXT CHECK (length(labels) > 2),
            description TEXT CHECK (length(description) BETWEEN 1 AND 500),
            honey INTEGER NOT NULL CHECK (honey IN (0, 1)),
            last_used_at BIGINT,
            models TEXT,
            endpoints TEXT,
            networks TEXT,
            not_before BIGINT,
            idle_seconds BIGINT CHECK (idle_seconds > 0),
            output_cap TEXT,
            unbounded_output TEXT CHECK (unbounded_output IN ('fit', 'refuse'))
        )
        """,
        "CREATE UNIQUE INDEX access_tokens_hash ON access_tokens (hash)",
        "CREATE INDEX access_tokens_created ON access_tokens (created_at, id)",
        "CREATE INDEX access_tokens_project ON access_tokens (project, created_at, id)",
        "CREATE INDEX access_tokens_owner ON access_tokens (owner)",
        // Those that may let somebody in: what a start reads does not grow with all that was ever issued.
        """
        CREATE INDEX access_tokens_living ON access_tokens (coalesce(expires_at, 9223372036854775807))
            WHERE revoked_at IS NULL AND expired_at IS NULL
        """,
        "CREATE INDEX access_tokens_honey ON access_tokens (id) WHERE honey = 1 AND revoked_at IS NULL",
        """
        CREATE TABLE access_token_labels (
            access_token TEXT NOT NULL REFERENCES access_tokens (id),
            name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 63),
            value TEXT NOT NULL,
            PRIMARY KEY (access_token, name)
        )
        """,
        "CREATE INDEX access_token_labels_value ON access_token_labels (name, value)",
    ]
}
