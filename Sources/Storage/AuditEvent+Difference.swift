import Domain

/// What an audit event says of a change.
extension [AuditEvent.Detail] {
    /// The values that differ, each in front of the one that replaced it. Both lists name the same fields in
    /// the same order.
    static func difference(from old: Self, to new: Self) -> Self {
        zip(old, new).flatMap { old, new in old == new ? [] : [.before(old.name, old.value), new] }
    }

    /// The same of limits, where others are wanted; in which order they stand makes no difference.
    static func difference(from old: [LimitRecord], to wanted: LimitSet?) -> Self {
        let limits = old.map(\.limit)
        guard let wanted, Set(wanted.limits) != Set(limits) else { return [] }
        let before = limits.isEmpty ? "none" : limits.map(\.description).joined(separator: ", ")
        return [.before("limits", before), AuditEvent.Detail("limits", wanted.description)]
    }
}
