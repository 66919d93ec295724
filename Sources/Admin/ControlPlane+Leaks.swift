import Domain
import Gateway
import Storage

/// Credentials that were found where they should not be.
extension ControlPlane {
    /// Returns when no request with one of these access tokens is dispatched any more, also where it was
    /// revoked already, and no invitation of these can be claimed. The last unlimited management key stays,
    /// the caller's own rather than another.
    ///
    /// In steps, as ``revokeAccessTokens(_:by:)``: access tokens first, for they are what others can use.
    func revokeLeaked(_ leaked: LeakedRecords, by context: ChangeContext) async throws -> LeakedRecords {
        let parts = leaked.parts(of: RevocationStep.limit)
        return try await inSteps(parts, counting: \.count, by: context) { [self] part, context in
            let records = try await store.revokeLeaked(part, by: context)
            await access.put(records.accessTokens)
            return (records, nil)
        }.reduce(into: LeakedRecords()) { all, part in all.append(part) }
    }
}
