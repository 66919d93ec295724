/// What projects and access tokens say of output without a maximum, of endpoints that Latchkey does not know,
/// and of the upstream's organization and project. `unbounded_output` of an access token is NULL where its
/// project's holds.
extension Schema {
    static let projectAccess = [
        """
        ALTER TABLE projects ADD COLUMN unbounded_output TEXT NOT NULL DEFAULT 'fit'
            CHECK (unbounded_output IN ('fit', 'refuse'))
        """,
        """
        ALTER TABLE projects ADD COLUMN unknown_endpoints TEXT NOT NULL DEFAULT 'refuse'
            CHECK (unknown_endpoints IN ('refuse', 'allow'))
        """,
        """
        ALTER TABLE projects ADD COLUMN openai_organization TEXT
            CHECK (length(openai_organization) BETWEEN 1 AND 128)
        """,
        "ALTER TABLE projects ADD COLUMN openai_project TEXT CHECK (length(openai_project) BETWEEN 1 AND 128)",
        """
        ALTER TABLE access_tokens ADD COLUMN unbounded_output TEXT CHECK (unbounded_output IN ('fit', 'refuse'))
        """,
        """
        ALTER TABLE invitations ADD COLUMN unbounded_output TEXT CHECK (unbounded_output IN ('fit', 'refuse'))
        """,
    ]
}
