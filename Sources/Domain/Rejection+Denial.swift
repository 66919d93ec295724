/// Which of the refusals are told in the audit.
extension Rejection {
    /// What the audit counts it as; nil where it says nothing about who may do what.
    package var denial: Denial.Reason? {
        switch self {
        case .missingCredential: .missingCredential
        case .malformedCredential, .misplacedCredential: .malformedCredential
        case .unknownCredential: .unknownCredential
        case .expiredCredential: .expiredCredential
        case .revokedCredential: .revokedCredential
        case .suspendedCredential: .suspendedCredential
        case .prematureCredential: .prematureCredential
        // Its uses are events of their own.
        case .honeyCredential: nil
        case .projectDisabled: .projectDisabled
        case .endpointNotGranted, .endpointUnnamed, .unknownEndpoint: .endpointNotGranted
        case .addressNotGranted: .addressNotGranted
        case .modelNotGranted: .modelNotGranted
        case .limited(let refusal): refusal.isQuota ? .quotaSpent : .rateLimited
        case .outputCapExceeded: .outputCapExceeded
        case .unpricedModel: .unpricedModel
        case .malformedRequest, .unknownURL, .methodNotAllowed, .originNotAllowed, .uriTooLong,
            .headersTooLarge,
            .requestTimeout, .contentCodingNotSupported, .charsetNotSupported, .expectationFailed,
            .upgradeNotSupported, .bodyTooLarge, .duplicateKey, .malformedBody, .tooManyKeys, .malformedForm,
            .overloaded, .tooManyInFlight, .ledgerUnavailable,
            .draining,
            .noUpstreamCredential, .loopDetected:
            nil
        }
    }
}
