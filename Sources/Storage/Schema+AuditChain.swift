/// The audit events' hash chain, and where a change came from.
///
/// `hash` is NULL only between this migration and the first start behind it, which chains what is there: the
/// schema knows no key.
extension Schema {
    static let auditChain = [
        "ALTER TABLE audit_events ADD COLUMN address TEXT CHECK (length(address) > 0)",
        "ALTER TABLE audit_events ADD COLUMN hash BYTEA CHECK (length(hash) = 32)",
        "CREATE INDEX audit_events_at ON audit_events (at)",
        "CREATE INDEX audit_events_subject ON audit_events (subject)",
    ]
}
