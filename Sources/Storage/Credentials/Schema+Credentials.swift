/// A row is an upstream credential of a project, sealed for its row, its project and its server.
///
/// The one without `retired_at` is the active one. `upstream` is the project's when the credential was given:
/// it is never sent to another server. From `kept_until` on a retired one is removed; NULL is never.
extension Schema {
    static let credentials = [
        """
        CREATE TABLE upstream_credentials (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 17),
            project TEXT NOT NULL REFERENCES projects (id),
            name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 400),
            version INTEGER NOT NULL CHECK (version >= 1),
            sealed BYTEA NOT NULL CHECK (length(sealed) > 0),
            created_at BIGINT NOT NULL,
            upstream TEXT NOT NULL CHECK (length(upstream) BETWEEN 1 AND 4096),
            retired_at BIGINT,
            kept_until BIGINT CHECK (kept_until IS NULL OR retired_at IS NOT NULL)
        )
        """,
        """
        CREATE UNIQUE INDEX upstream_credentials_active ON upstream_credentials (project)
            WHERE retired_at IS NULL
        """,
        "CREATE INDEX upstream_credentials_project ON upstream_credentials (project, created_at, id)",
    ]
}
