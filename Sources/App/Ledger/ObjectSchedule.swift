import Domain
import Storage

/// When an upstream is asked what has become of an object: ten seconds after it was begun, then after twice
/// as long each time, at most ten minutes, for two days. These are told by the number of questions: a clock
/// that is set ahead, or a server that does not run, ends nothing.
enum ObjectSchedule {
    static let first = PendingObject.firstQuestion
    static let longest: Int64 = 600_000
    /// The last question comes two days after the beginning.
    static let limit = 293

    /// Milliseconds from one question to the next, after so many.
    static func pause(after attempts: Int) -> Int64 {
        attempts >= 6 ? longest : min(longest, first << Int64(max(0, attempts)))
    }

    static func next(after attempts: Int, at now: Timestamp) -> Timestamp {
        now.adding(milliseconds: pause(after: attempts))
    }
}
