/// The stretch of time that a limit's amount is for.
///
/// `second` and `minute` are rates: they refill all the time and are kept in memory only. The others are
/// quotas: durable budgets of one calendar period in the project's time zone, or of the whole lifetime.
package enum LimitWindow: String, CaseIterable, Hashable, Sendable {
    case second, minute, hour, day, week, month, lifetime

    package var isRate: Bool { self == .second || self == .minute }

    /// Those whose edges a time zone decides, the shortest first.
    package static let calendar: [LimitWindow] = [.hour, .day, .week, .month]

    /// How long a rate takes to refill, in nanoseconds; nil for a quota.
    package var refillTime: Int64? {
        switch self {
        case .second: 1_000_000_000
        case .minute: 60_000_000_000
        case .hour, .day, .week, .month, .lifetime: nil
        }
    }
}
