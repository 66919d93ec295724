/// What projects and access tokens are for, in words.
extension Schema {
    static let descriptions = ["projects", "access_tokens"].map {
        "ALTER TABLE \($0) ADD COLUMN description TEXT CHECK (length(description) BETWEEN 1 AND 500)"
    }
}
