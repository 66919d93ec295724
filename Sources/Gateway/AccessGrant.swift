package import Domain
import Synchronization

/// One access token as admission knows it: who it is, what it belongs to, and whether it still opens.
package final class AccessGrant: Sendable {
    package let id: AccessTokenID
    package let project: ProjectID
    package let expiresAt: Timestamp?
    package let gate: AccessGate
    /// Once seen expired it stays so, whatever the clock does afterwards.
    private let expired: Atomic<Bool>

    package init(_ accessToken: AccessToken, gate: AccessGate) {
        id = accessToken.id
        project = accessToken.project
        expiresAt = accessToken.expiresAt
        expired = Atomic(accessToken.expiredAt != nil)
        self.gate = gate
    }

    package enum Expiry { case valid, expired, expiredJustNow }

    /// Exact to the second it names: at `expiresAt` it is refused. `expiredJustNow` is told once, to be
    /// written down.
    package func expiry(at now: Timestamp) -> Expiry {
        guard let expiresAt else { return .valid }
        if expired.load(ordering: .relaxed) { return .expired }
        guard expiresAt <= now else { return .valid }
        return expired.exchange(true, ordering: .relaxed) ? .expired : .expiredJustNow
    }
}
