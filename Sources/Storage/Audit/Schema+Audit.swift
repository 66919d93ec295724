/// A row is an audit event, in the order in which they happened. None is ever changed or removed.
///
/// `details` is a JSON array of pairs. `hash` is over the event and the hash of the one before it
/// (``AuditRow``): every event is written with one, and NULL, where somebody took it away, is found as a flaw
/// of the chain.
extension Schema {
    static let auditEvents = [
        """
        CREATE TABLE audit_events (
            seq BIGINT NOT NULL PRIMARY KEY CHECK (seq >= 1),
            at BIGINT NOT NULL,
            principal TEXT NOT NULL CHECK (length(principal) > 0),
            address TEXT CHECK (length(address) > 0),
            action TEXT NOT NULL CHECK (length(action) > 0),
            subject TEXT NOT NULL,
            details TEXT NOT NULL,
            hash BYTEA CHECK (length(hash) = 32)
        )
        """,
        "CREATE INDEX audit_events_at ON audit_events (at)",
        "CREATE INDEX audit_events_subject ON audit_events (subject)",
    ]
}
