/// What became of an alarm.
package enum AlarmState: String, CaseIterable, Hashable, Sendable {
    /// It is to be delivered.
    case waiting
    case delivered
    /// Its receiver did not take it for a day.
    case givenUp = "given_up"
    /// Too many waited, and it was the oldest.
    case dropped
    /// There was no receiver.
    case unsent
}
