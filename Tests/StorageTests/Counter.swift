import Domain
import Synchronization

/// Twelve digits that no one had before.
final class Counter: Sendable {
    private let last = Mutex<UInt64>(0)

    func nextDigits() -> [UInt8] {
        let value = last.withLock { last in
            last += 1
            return last
        }
        return Base62.encode(value, width: 12)
    }
}
