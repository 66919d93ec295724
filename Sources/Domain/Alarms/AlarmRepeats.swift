/// Which alarms were told of late, so that none is told again and again: in memory, and bounded.
package struct AlarmRepeats: Sendable {
    /// Where so many are known, all are forgotten: whoever keeps alarms knows the rest.
    private static let limit = 10_000

    private var told: [String: Timestamp] = [:]

    package init() {}

    /// True where the alarm is to be told; then it counts as told.
    package mutating func admit(_ alarm: Alarm) -> Bool {
        if let last = told[alarm.key], alarm.quiet.map({ alarm.at < last.adding(milliseconds: $0) }) ?? true {
            return false
        }
        if told.count >= Self.limit { told.removeAll() }
        told[alarm.key] = alarm.at
        return true
    }
}
