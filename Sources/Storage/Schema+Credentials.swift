/// Several upstream credentials of a project, of which one is active.
///
/// A credential without `retired_at` is the active one. `upstream` is the project's when the credential was
/// given: it is never sent to another server. `kept_until` is the moment from which on a retired one is
/// removed; NULL never comes.
extension Schema {
    static let credentials = [
        "DROP INDEX upstream_credentials_project",
        "ALTER TABLE upstream_credentials ADD COLUMN upstream TEXT NOT NULL DEFAULT 'dummy:'",
        """
        UPDATE upstream_credentials SET upstream =
            (SELECT projects.upstream FROM projects WHERE projects.id = upstream_credentials.project)
        """,
        "ALTER TABLE upstream_credentials ADD COLUMN retired_at BIGINT",
        """
        ALTER TABLE upstream_credentials ADD COLUMN kept_until BIGINT
            CHECK (kept_until IS NULL OR retired_at IS NOT NULL)
        """,
        "CREATE UNIQUE INDEX upstream_credentials_active ON upstream_credentials (project) WHERE retired_at IS NULL",
        "CREATE INDEX upstream_credentials_project ON upstream_credentials (project, created_at, id)",
    ]
}
