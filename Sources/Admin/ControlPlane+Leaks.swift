import Domain
import Gateway
import Storage

/// Credentials that were found where they should not be.
extension ControlPlane {
    /// Returns when no request with one of these access tokens is dispatched any more, also where it was revoked
    /// already, and no invitation of these can be claimed. The last unlimited management key stays, the caller's own
    /// rather than another.
    func revokeLeaked(_ leaked: LeakedRecords, by principal: Principal) async throws -> LeakedRecords {
        try await changes.run { [self] in
            let records = try await store.revokeLeaked(leaked, keeping: principal, by: principal, at: now())
            await access.put(records.accessTokens)
            return records
        }
    }
}
