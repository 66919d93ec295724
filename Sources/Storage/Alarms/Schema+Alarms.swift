/// A row is an alarm, and how far its delivery got. `repeat_key` tells which others say the same.
extension Schema {
    static let alarms = [
        """
        CREATE TABLE alarms (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 18),
            kind TEXT NOT NULL CHECK (length(kind) > 0),
            at BIGINT NOT NULL,
            subject TEXT NOT NULL CHECK (length(subject) > 0),
            project TEXT,
            details TEXT NOT NULL,
            repeat_key TEXT NOT NULL CHECK (length(repeat_key) > 0),
            state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'given_up', 'dropped', 'unsent')),
            attempts INTEGER NOT NULL CHECK (attempts >= 0),
            next_attempt_at BIGINT NOT NULL,
            delivered_at BIGINT CHECK ((delivered_at IS NOT NULL) = (state = 'delivered')),
            last_error TEXT
        )
        """,
        "CREATE INDEX alarms_at ON alarms (at, id)",
        "CREATE INDEX alarms_waiting ON alarms (state, next_attempt_at)",
        "CREATE INDEX alarms_repeat ON alarms (repeat_key, at)",
    ]
}
