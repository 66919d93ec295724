package import Domain

/// Takes alarms, to tell an operator of them. Returns at once, whatever becomes of them.
package protocol AlarmSink: Sendable {
    func raise(_ alarm: Alarm)
}
