package import Domain

/// What a look at the audit chain came to.
package struct AuditVerdict: Hashable, Sendable {
    package enum Flaw: Hashable, Sendable {
        /// The event that should stand here does not: it was removed, or another number put on it.
        case missing
        case unhashed
        /// It holds what no version writes.
        case unreadable
        /// Not what was hashed: it was changed, or put here from elsewhere, or the one before it was.
        case changed
        /// The chain ends before the head that it was held to.
        case tailMissing
        /// A sound event, and another one than the head that it was held to.
        case otherHead
    }

    /// How many events were found sound.
    package var checked: Int64
    /// The last of those.
    package var head: AuditHead
    /// nil where all is well.
    package var firstBad: Bad?

    package struct Bad: Hashable, Sendable {
        package let sequence: Int64
        package let flaw: Flaw
    }

    init() {
        checked = 0
        head = AuditHead(sequence: 0, hash: .zero)
    }
}
