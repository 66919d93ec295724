/// Who holds an access token, how it is labelled, what it was rotated from and to, and since when it is
/// suspended.
///
/// `labels` is a JSON object, NULL without any; `access_token_labels` has the same one by one, to search by.
/// Both are written together.
extension Schema {
    static let tokenLife = [
        "ALTER TABLE access_tokens ADD COLUMN suspended_at BIGINT",
        "ALTER TABLE access_tokens ADD COLUMN owner TEXT CHECK (length(owner) BETWEEN 1 AND 400)",
        "ALTER TABLE access_tokens ADD COLUMN labels TEXT CHECK (length(labels) > 2)",
        "ALTER TABLE access_tokens ADD COLUMN rotated_from TEXT REFERENCES access_tokens (id)",
        "ALTER TABLE access_tokens ADD COLUMN rotated_to TEXT REFERENCES access_tokens (id)",
        "CREATE INDEX access_tokens_owner ON access_tokens (owner)",
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
