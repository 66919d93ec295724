package import Domain
import Foundation

/// The clock of the process.
extension Timestamp {
    /// The system's clock. Domain has none: whoever needs the time is handed a function, and this is the real
    /// one.
    package static func now() -> Timestamp {
        Timestamp(milliseconds: Int64(Date.now.timeIntervalSince1970 * 1000))
    }
}
