package import Domain

/// An audit event as it is kept, with its place and its moment.
package struct AuditRecord: Hashable, Sendable {
    /// Counts from 1 without a gap.
    package let sequence: Int64
    package let at: Timestamp
    package let event: AuditEvent
}
