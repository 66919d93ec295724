import Logging
import NIOCore
import Synchronization

/// Logs that there was no file descriptor for a connection to an upstream, once a minute at most: in a
/// shortage every request meets it.
final class ShortageLog: Sendable {
    private static let interval = TimeAmount.minutes(1)

    private let logger: Logger
    private let quietUntil = Mutex(NIODeadline.uptimeNanoseconds(0))

    init(logger: Logger) { self.logger = logger }

    func note() {
        let now = NIODeadline.now()
        let isDue = quietUntil.withLock { quietUntil in
            guard now >= quietUntil else { return false }
            quietUntil = now + Self.interval
            return true
        }
        guard isDue else { return }
        logger.warning(
            "no file descriptor is left for a connection to an upstream",
            metadata: ["limit": "\(DescriptorLimit.current)"])
    }
}
