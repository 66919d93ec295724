/// That somebody was not let in, told apart as far as the audit tells it apart: why, by whose credential
/// where that is known, and from where.
package struct Denial: Hashable, Sendable {
    package enum Reason: String, Hashable, Sendable, CaseIterable {
        case missingCredential = "missing_credential"
        case malformedCredential = "malformed_credential"
        case unknownCredential = "unknown_credential"
        case expiredCredential = "expired_credential"
        case revokedCredential = "revoked_credential"
        case suspendedCredential = "suspended_credential"
        case prematureCredential = "premature_credential"
        case projectDisabled = "project_disabled"
        case endpointNotGranted = "endpoint_not_granted"
        case addressNotGranted = "address_not_granted"
        case modelNotGranted = "model_not_granted"
        case outputCapExceeded = "output_cap_exceeded"
        case unpricedModel = "unpriced_model"
        case rateLimited = "rate_limited"
        case quotaSpent = "quota_spent"
        /// A call of `/manage` without a management key that is valid.
        case managementKey = "management_key"
        /// A call of `/manage` that the management key may not make.
        case managementRole = "management_role"
        /// A call of `/manage` from an address that failed too often.
        case managementBackoff = "management_backoff"
    }

    package let reason: Reason
    package let project: ProjectID?
    package let accessToken: AccessTokenID?
    /// Of IPv6 the first 64 bits, for whoever has one address there has them all; nil where it is unknown.
    package let address: IPAddress?

    package init(
        _ reason: Reason, project: ProjectID? = nil, accessToken: AccessTokenID? = nil,
        from address: IPAddress?
    ) {
        self.reason = reason
        self.project = project
        self.accessToken = accessToken
        self.address = address.map {
            $0.isVersion4 ? $0 : IPAddress(bits: $0.bits & ~UInt128(UInt64.max))
        }
    }

    /// True where a credential of ours was shown, so that the number of these is bounded by what was issued.
    package var isKnown: Bool { project != nil || accessToken != nil }
}
