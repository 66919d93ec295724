package import Domain
import HashTreeCollections
import Upstream
package import Vault

/// Who may call, as of one moment: an immutable snapshot that admission looks things up in without a lock.
///
/// Persistent maps: a change makes a new snapshot that shares all but a few nodes with the old one.
/// ``version`` counts the changes, so that a loop which hears of two in the wrong order keeps the newer.
package struct AccessDirectory: Sendable {
    package private(set) var version: UInt64 = 0
    private var grants: TreeDictionary<CredentialHash, AccessGrant> = [:]
    private var routes: TreeDictionary<ProjectID, ProjectRoute> = [:]
    private let quotas: QuotaBook

    package init(quotas: QuotaBook) { self.quotas = quotas }

    package func grant(for hash: CredentialHash) -> AccessGrant? { grants[hash] }
    package func route(of project: ProjectID) -> ProjectRoute? { routes[project] }

    /// Takes the project's present state. A project that is not active has a closed gate; one that is active
    /// again gets a new gate, and requests from before stay refused. `key` nil keeps the one it has, as long
    /// as it is the same server's: a key goes to no other, whatever made the project's upstream another one.
    /// `beside`: targets beside the project's own upstream, in the order in which they are tried; nil keeps
    /// those it has.
    package mutating func put(_ project: Project, key: UpstreamKey?, beside: [Target]? = nil) {
        let old = routes[project.id]
        let isActive = project.state == .active
        let gate: AccessGate
        if let old, old.gate.isOpen == isActive {
            gate = old.gate
        } else {
            gate = AccessGate(closure: isActive ? nil : .projectClosed)
            if !isActive { old?.gate.close(.projectClosed) }
        }
        let kept = old?.origin == project.upstream.origin ? old?.own.key : nil
        routes[project.id] = ProjectRoute(
            project, key: key ?? kept, gate: gate, beside: beside ?? old?.beside ?? [])
        version += 1
    }

    /// Takes the access token's present state. Revocation is final: no later put opens its gate again. One
    /// that is resumed gets a new gate, and requests from before stay refused. One that is revoked and was
    /// not here does not come in: it is as dead as those that were dead at the start.
    package mutating func put(_ accessToken: AccessToken) {
        let old = grants[accessToken.hash]
        if old == nil, accessToken.revokedAt != nil { return }
        let gate = Self.gate(of: accessToken, after: old?.gate)
        let use = old?.use ?? AccessUse(since: accessToken.lastUsedAt ?? accessToken.createdAt)
        grants[accessToken.hash] = AccessGrant(
            accessToken, gate: gate, use: use,
            quotas: quotas.lineage(accessToken.lineage, of: accessToken.project))
        version += 1
    }

    private static func gate(of accessToken: AccessToken, after old: AccessGate?) -> AccessGate {
        let closure: AccessGate.Closure? =
            accessToken.revokedAt != nil || accessToken.isHoney
            ? .revoked : accessToken.suspendedAt != nil ? .suspended : nil
        guard let old else { return AccessGate(closure: closure) }
        guard let closure else { return old.closure == .suspended ? AccessGate() : old }
        if old.closure != .revoked { old.close(closure) }
        return old
    }
}

extension ProjectRoute {
    /// nil for the dummy.
    fileprivate var origin: UpstreamOrigin? {
        switch own.upstream {
        case .dummy: nil
        case .remote(let server): server.origin
        }
    }
}
