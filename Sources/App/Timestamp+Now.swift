package import Domain
import Glibc

extension Timestamp {
    /// The system's clock. Domain has none: whoever needs the time is handed a function, and this is the real one.
    package static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
