import Domain
import Synchronization

/// Lets an address try a management key, or not: ``LoginBackoff`` with a clock, shared by all connections.
///
/// A refusal tells nothing of the key, for a right one is refused just the same: else whoever guesses could do so
/// at any speed and wait for the one that passes.
package final class LoginGate: Sendable {
    private let backoff = Mutex(LoginBackoff())
    private let uptime: @Sendable () -> Int64

    /// `uptime`: milliseconds of a clock that never goes back.
    package init(uptime: @escaping @Sendable () -> Int64) { self.uptime = uptime }

    /// Throws a 429 ``Problem`` where the address has to wait. One that is not known never has to.
    func check(_ client: IPAddress?) throws(Problem) {
        guard let client else { return }
        let now = uptime()
        let wait = backoff.withLock { $0.wait(of: client, at: now) }
        guard wait == 0 else { throw .tooManyLogins(seconds: Self.seconds(wait)) }
    }

    /// Takes note of how a login went; where the address has to wait by now, for others of its logins that failed
    /// meanwhile, throws as ``check(_:)`` and takes no note. So logins at the same time tell no more than those
    /// one after another.
    func conclude(_ client: IPAddress?, isRight: Bool) throws(Problem) {
        guard let client else { return }
        let now = uptime()
        let wait = backoff.withLock { backoff in
            let wait = backoff.wait(of: client, at: now)
            guard wait == 0 else { return wait }
            if isRight {
                backoff.recordSuccess(of: client)
            } else {
                backoff.recordFailure(of: client, at: now)
            }
            return 0
        }
        guard wait == 0 else { throw .tooManyLogins(seconds: Self.seconds(wait)) }
    }

    private static func seconds(_ milliseconds: Int64) -> Int { Int((milliseconds + 999) / 1000) }
}
