import Domain
import Storage

/// When an upstream is asked what has become of an object: ten seconds after it was begun, then after twice as long each
/// time, at most ten minutes, for two days.
enum ObjectSchedule {
    static let first = PendingObject.firstQuestion
    static let longest: Int64 = 600_000
    static let life: Int64 = 48 * 3_600_000

    /// Milliseconds from one question to the next, after so many.
    static func pause(after attempts: Int) -> Int64 {
        attempts >= 6 ? longest : min(longest, first << Int64(max(0, attempts)))
    }

    static func next(after attempts: Int, at now: Timestamp) -> Timestamp {
        now.adding(milliseconds: pause(after: attempts))
    }

    /// Objects that were begun before are followed no more.
    static func end(at now: Timestamp) -> Timestamp { now.adding(milliseconds: -life) }
}
