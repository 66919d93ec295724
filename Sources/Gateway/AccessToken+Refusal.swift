import Domain

/// Why an access token that is not in memory is refused, in the order in which ``Admission`` asks.
extension AccessToken {
    /// nil where it is not refused by what it is itself.
    func refusal(at now: Timestamp) -> Rejection? {
        if revokedAt != nil { return .revokedCredential }
        if isHoney { return .honeyCredential(id) }
        if suspendedAt != nil { return .suspendedCredential }
        if let start = grants.notBefore, now < start { return .prematureCredential }
        return status(at: now) == .expired ? .expiredCredential : nil
    }
}
