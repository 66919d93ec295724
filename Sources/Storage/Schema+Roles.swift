/// What management keys may do, and where. Those that were there before may everything, everywhere.
extension Schema {
    static let roles = [
        """
        ALTER TABLE management_keys ADD COLUMN role TEXT NOT NULL DEFAULT 'admin'
            CHECK (role IN ('read', 'issue', 'admin'))
        """,
        "ALTER TABLE management_keys ADD COLUMN project TEXT REFERENCES projects (id)",
    ]
}
