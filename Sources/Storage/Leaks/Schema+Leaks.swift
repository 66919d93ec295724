/// Access tokens that only raise an alarm.
extension Schema {
    static let leaks = [
        "ALTER TABLE access_tokens ADD COLUMN honey INTEGER NOT NULL DEFAULT 0 CHECK (honey IN (0, 1))"
    ]
}
