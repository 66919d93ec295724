package import Domain
import Synchronization

/// One access token as admission knows it: who it is, what it belongs to, and whether it still opens.
package final class AccessGrant: Sendable {
    package let id: AccessTokenID
    package let project: ProjectID
    package let expiresAt: Timestamp?
    package let gate: AccessGate
    /// It only raises an alarm: its gate is closed.
    package let isHoney: Bool
    package let grants: Grants
    /// The first of its rotations.
    package let lineage: AccessTokenID
    package let quotas: LineageQuotas
    package let use: AccessUse
    /// Once seen expired it stays so, whatever the clock does afterwards.
    private let expired: Atomic<Bool>

    package init(_ accessToken: AccessToken, gate: AccessGate, use: AccessUse, quotas: LineageQuotas) {
        id = accessToken.id
        project = accessToken.project
        expiresAt = accessToken.expiresAt
        expired = Atomic(accessToken.expiredAt != nil)
        self.gate = gate
        isHoney = accessToken.isHoney && accessToken.revokedAt == nil
        self.use = use
        self.quotas = quotas
        grants = accessToken.grants
        lineage = accessToken.lineage
    }

    package enum Expiry { case valid, expired, expiredJustNow }

    /// Exact to the second it names: at `expiresAt` it is refused, and once it was idle for as long as it may
    /// be. `expiredJustNow` is told once, to be written down.
    package func expiry(at now: Timestamp) -> Expiry {
        guard let end = end else { return .valid }
        if expired.load(ordering: .relaxed) { return .expired }
        guard end <= now else { return .valid }
        return expired.exchange(true, ordering: .relaxed) ? .expired : .expiredJustNow
    }

    /// The first moment at which it is refused, as things stand.
    private var end: Timestamp? {
        guard let idle = grants.idleSeconds else { return expiresAt }
        let idleEnd = use.lastUsedAt.adding(seconds: idle)
        return expiresAt.map { min($0, idleEnd) } ?? idleEnd
    }
}
