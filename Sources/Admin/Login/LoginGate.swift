package import Domain
import Synchronization

/// Lets an address try a management key, or not: ``LoginBackoff`` with a clock, shared by all connections.
///
/// An address that has to wait may still try a few keys in a second, and those that were right before, or
/// were just made, have a share of their own: so an operator gets in, revocation included, whatever others
/// try from the same address. A refusal tells nothing of the key.
package final class LoginGate: Sendable {
    /// What an attempt may count on, until it is concluded.
    struct Attempt {
        let client: IPAddress?
        /// nil where what was sent can be no key.
        let hash: CredentialHash?
        /// It is one of the few during a wait.
        fileprivate let isLook: Bool
    }

    private struct State {
        var backoff = LoginBackoff()
        var known = KnownKeys()

        /// Milliseconds that the address has to wait, unless it may try this key all the same.
        mutating func wait(of client: IPAddress, _ hash: CredentialHash?, at now: Int64) -> (
            Int64, isLook: Bool
        ) {
            let wait = backoff.wait(of: client, at: now)
            guard wait > 0, let hash else { return (wait, false) }
            let isLook = backoff.takeLook(of: client, isKnown: known.contains(hash), at: now)
            return isLook ? (0, true) : (wait, false)
        }
    }

    /// How many keys it remembers as right.
    package static let knownKeyCount = KnownKeys.capacity

    private let state: Mutex<State>
    private let uptime: @Sendable () -> Int64

    /// `known`: the keys that there are at the start, at most ``knownKeyCount``. `uptime`: milliseconds of a
    /// clock that never goes back.
    package init(known: [CredentialHash] = [], uptime: @escaping @Sendable () -> Int64) {
        var state = State()
        for hash in known { state.known.note(hash, isRight: true, at: .min) }
        self.state = Mutex(state)
        self.uptime = uptime
    }

    /// A key was made: it is right before anyone has tried it.
    package func note(_ hash: CredentialHash) {
        let now = uptime()
        state.withLock { $0.known.note(hash, isRight: true, at: now) }
    }

    /// Throws a 429 ``Problem`` where the address has to wait. One that is not known never has to.
    func check(_ client: IPAddress?, _ hash: CredentialHash?) throws(Problem) -> Attempt {
        guard let client else { return Attempt(client: nil, hash: hash, isLook: false) }
        let now = uptime()
        let (wait, isLook) = state.withLock { $0.wait(of: client, hash, at: now) }
        guard wait == 0 else { throw .tooManyLogins(seconds: Self.seconds(wait)) }
        return Attempt(client: client, hash: hash, isLook: isLook)
    }

    /// Takes note of how a login went. Where the address has to wait by now, for others of its logins that
    /// failed meanwhile, a login that began before counts like one that begins now: so logins at the same
    /// time tell no more than those one after another.
    func conclude(_ attempt: Attempt, isRight: Bool) throws(Problem) {
        guard let client = attempt.client else { return }
        let now = uptime()
        let wait = state.withLock { state in
            if !attempt.isLook {
                let (wait, _) = state.wait(of: client, attempt.hash, at: now)
                guard wait == 0 else { return wait }
            }
            let isWaiting = state.backoff.wait(of: client, at: now) > 0
            if let hash = attempt.hash { state.known.note(hash, isRight: isRight, at: now) }
            if !isRight {
                state.backoff.recordFailure(of: client, at: now)
            } else if !isWaiting {
                state.backoff.recordSuccess(of: client)
            }
            return 0
        }
        guard wait == 0 else { throw .tooManyLogins(seconds: Self.seconds(wait)) }
    }

    private static func seconds(_ milliseconds: Int64) -> Int { Int((milliseconds + 999) / 1000) }
}
