package import Domain
package import Telemetry
package import Vault

/// Decides who comes in: the first thing that happens to a request, on the event loop, without waiting for
/// anything.
///
/// In this order, so that what is cheap and certain comes first: one `Authorization: Bearer` · the
/// credential's form and checksum, which cost no look-up · its keyed hash in the snapshot · revoked or
/// suspended · not yet valid · expired. What the holder may do is ``AccessDecision``'s to say: at once as far
/// as the head of the request tells, and by ``Accounting`` once its body is read. The outcome is a
/// ``Permit``, which the rest of the way requires, or a ``Rejection``. Nothing is dispatched without one.
///
/// It has no clock: `now` is the calendar's, when the request began. A class, for each call of a struct's
/// would hold all of its parts.
package final class Admission {
    private let keys: KeyRing
    private let metrics: ExchangeMetrics
    private let recordExpiry: @Sendable (AccessTokenID, Timestamp) -> Void
    private let recordHoneyUse: @Sendable (AccessTokenID, Timestamp, IPAddress?) -> Void

    /// `recordExpiry` is told once of each access token that is refused as expired, to have it written down;
    /// it must return at once. So must `recordHoneyUse`, which is told of each use of a honey token and,
    /// where that is known, of the address it came from.
    package init(
        keys: KeyRing, metrics: ExchangeMetrics,
        recordExpiry: @escaping @Sendable (AccessTokenID, Timestamp) -> Void,
        recordHoneyUse: @escaping @Sendable (AccessTokenID, Timestamp, IPAddress?) -> Void
    ) {
        self.keys = keys
        self.metrics = metrics
        self.recordExpiry = recordExpiry
        self.recordHoneyUse = recordHoneyUse
    }

    /// `client` is the address that the request comes from; nil if unknown.
    func admit(
        _ head: borrowing RequestHead, to endpoint: Endpoint, from client: IPAddress?,
        at now: Timestamp, in directory: AccessDirectory
    ) throws(Rejection) -> Permit {
        let permit = try head.withAuthorization { authorization throws(Rejection) in
            try admit(authorization: authorization, from: client, at: now, in: directory)
        }
        do throws(Rejection) {
            let about = head.withTarget { endpoint.modelsRequest(in: $0) }
            try AccessDecision.judgeHead(permit.holder, endpoint, about: about, AccessDecision.stop)
        } catch {
            throw permit.refused(error)
        }
        permit.grant.use.touch(now)
        return permit
    }

    /// As far as the caller alone decides. `authorization`: the value of the one Authorization header, nil
    /// without one.
    func admit(
        authorization: UnsafeRawBufferPointer?, from client: IPAddress? = nil, at now: Timestamp,
        in directory: AccessDirectory
    ) throws(Rejection) -> Permit {
        let holder = try holder(of: authorization, from: client, at: now, in: directory)
        try AccessDecision.judgeCaller(holder, from: client, AccessDecision.stop)
        return Permit(holder, metrics: metrics)
    }

    /// Whom the credential belongs to. Asking is no use of the access token.
    func holder(
        of authorization: UnsafeRawBufferPointer?, from client: IPAddress? = nil, at now: Timestamp,
        in directory: AccessDirectory
    ) throws(Rejection) -> Holder {
        guard let authorization else { throw .missingCredential }
        guard let hash = hash(ofBearer: authorization) else { throw Self.refusal(of: authorization) }
        do throws(Rejection) {
            return try holder(of: hash, at: now, in: directory)
        } catch {
            if case .honeyCredential(let id) = error { recordHoneyUse(id, now, client) }
            throw error
        }
    }

    /// The same for an access token that is known by its hash.
    func holder(
        of hash: CredentialHash, at now: Timestamp, in directory: AccessDirectory
    ) throws(Rejection) -> Holder {
        guard let grant = directory.grant(for: hash) else { throw .unknownCredential }
        guard grant.gate.isOpen else {
            throw grant.isHoney ? .honeyCredential(grant.id) : (grant.gate.closure ?? .revoked).rejection
        }
        if let start = grant.grants.notBefore, now < start { throw .prematureCredential }
        switch grant.expiry(at: now) {
        case .valid: break
        case .expired: throw .expiredCredential
        case .expiredJustNow:
            recordExpiry(grant.id, now)
            throw .expiredCredential
        }
        guard let route = directory.route(of: grant.project) else { throw .projectDisabled }
        return Holder(grant: grant, route: route)
    }

    /// Whose credential it was that was refused.
    enum Refused {
        case known(AccessGrant)
        /// It is not in memory.
        case absent(CredentialHash)
    }

    /// nil where there was none, or none that could be told apart.
    func refused(
        as rejection: Rejection, _ head: borrowing RequestHead, in directory: AccessDirectory
    ) -> Refused? {
        switch rejection {
        case .missingCredential, .malformedCredential, .misplacedCredential, .malformedRequest: return nil
        default: break
        }
        return head.withAuthorization { authorization in
            authorization.flatMap { hash(ofBearer: $0) }.map { hash in
                directory.grant(for: hash).map { .known($0) } ?? .absent(hash)
            }
        }
    }

    /// Nil unless the value is `Bearer`, spaces and a well-formed access token.
    func hash(ofBearer value: UnsafeRawBufferPointer) -> CredentialHash? {
        guard let credential = Self.credential(ofBearer: value),
            CredentialFormat.isWellFormed(credential, kind: .accessToken)
        else { return nil }
        return keys.hash(credential)
    }

    /// What stands behind `Bearer` (in any case, RFC 9110 11.1) and spaces; nil without them.
    private static func credential(ofBearer value: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        let scheme: StaticString = "bearer "
        let count = scheme.utf8CodeUnitCount
        guard value.count > count, UnsafeRawBufferPointer(rebasing: value[..<count]).equals(scheme) else {
            return nil
        }
        return UnsafeRawBufferPointer(rebasing: value[count...].drop { $0 == 0x20 })
    }

    /// Why a value without a well-formed access token is refused.
    private static func refusal(of value: UnsafeRawBufferPointer) -> Rejection {
        guard let credential = credential(ofBearer: value), !credential.isEmpty,
            self.credential(ofBearer: credential) == nil
        else { return .misplacedCredential(.scheme) }
        return switch CredentialKind(beginning: credential) {
        case .accessToken: .malformedCredential
        case .managementKey: .misplacedCredential(.managementKey)
        case .invitation: .misplacedCredential(.invitation)
        case nil: .misplacedCredential(.foreign)
        }
    }
}

/// Proof of admission: forwarding needs one, only ``Admission`` makes one, and it is settled exactly once.
///
/// One that is dropped unsettled is a defect of ours and is counted as such
/// (`latchkey_permit_defects_total`).
package final class Permit {
    package let holder: Holder
    private let metrics: ExchangeMetrics
    private var isSettled = false

    fileprivate init(_ holder: Holder, metrics: ExchangeMetrics) {
        self.holder = holder
        self.metrics = metrics
    }

    package var grant: AccessGrant { holder.grant }
    package var route: ProjectRoute { holder.route }

    /// False once its access token was revoked or suspended, or its project closed.
    var isOpen: Bool { grant.gate.isOpen && route.gate.isOpen }

    /// Why it is not open any more.
    var closure: Rejection { (grant.gate.closure ?? .projectClosed).rejection }

    /// Settles it without anything dispatched.
    func refused(_ rejection: Rejection) -> Rejection {
        isSettled = true
        return rejection
    }

    /// True the first time.
    func settle() -> Bool {
        defer { isSettled = true }
        return !isSettled
    }

    deinit {
        if !isSettled { metrics.countPermitDefect() }
    }
}
