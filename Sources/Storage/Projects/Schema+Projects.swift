/// A row is a project: where its requests go, and how they are accounted. None is ever removed.
///
/// `unpriced` is the rule for models without a price. The OpenAI organization and project are sent upstream
/// where set.
extension Schema {
    static let projects = [
        """
        CREATE TABLE projects (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 17),
            name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
            upstream TEXT NOT NULL CHECK (length(upstream) BETWEEN 1 AND 4096),
            state TEXT NOT NULL CHECK (state IN ('active', 'disabled', 'archived')),
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            time_zone TEXT NOT NULL CHECK (length(time_zone) > 0),
            stream_usage TEXT NOT NULL CHECK (stream_usage IN ('inject', 'observe')),
            unpriced TEXT NOT NULL CHECK (length(unpriced) > 0),
            unbounded_output TEXT NOT NULL CHECK (unbounded_output IN ('fit', 'refuse')),
            unknown_endpoints TEXT NOT NULL CHECK (unknown_endpoints IN ('refuse', 'allow')),
            openai_organization TEXT CHECK (length(openai_organization) BETWEEN 1 AND 128),
            openai_project TEXT CHECK (length(openai_project) BETWEEN 1 AND 128),
            description TEXT CHECK (length(description) BETWEEN 1 AND 500)
        )
        """,
        "CREATE UNIQUE INDEX projects_name ON projects (name)",
        "CREATE INDEX projects_created ON projects (created_at, id)",
    ]
}
