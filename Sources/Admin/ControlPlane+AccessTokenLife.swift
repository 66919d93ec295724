package import Domain
import Gateway
package import Storage
package import Vault

/// What becomes of access tokens after their issue.
extension ControlPlane {
    /// Returns when no request with it is dispatched any more, also where it was suspended already.
    package func suspendAccessToken(_ id: AccessTokenID, by context: ChangeContext) async throws
        -> AccessToken
    {
        try await changes.run(context) { [self] context in
            let accessToken = try await store.suspendAccessToken(id, by: context)
            await access.put(accessToken)
            return accessToken
        }
    }

    package func resumeAccessToken(_ id: AccessTokenID, by context: ChangeContext) async throws -> AccessToken
    {
        try await changes.run(context) { [self] context in
            try await loadLimits(of: id)
            let accessToken = try await store.resumeAccessToken(id, by: context)
            await access.put(accessToken)
            return accessToken
        }
    }

    /// Both work until the grace, in seconds, is over. Without a lifetime the successor ends when the one
    /// before would have. Its text is in the answer, and nowhere else.
    package func rotateAccessToken(
        _ id: AccessTokenID, grace: Int64, lifetime: Lifetime?, by context: ChangeContext
    ) async throws -> (accessToken: AccessToken, text: Secret) {
        try await changes.run(context) { [self] context in
            try await loadLimits(of: id)
            let minted = keyRing.mint(.accessToken)
            let successor = AccessTokenSuccessor(
                id: AccessTokenID(digits: minted.idDigits), hash: minted.hash, lifetime: lifetime)
            let (old, new) = try await store.rotateAccessToken(
                id, to: successor, grace: grace, by: context)
            await access.put([old, new])
            return (new, minted.text)
        }
    }

    /// The successor of one that has ended, which stays ended. Its text is in the answer, and nowhere else.
    /// Throws a 422 ``Problem`` where a lifetime has to be given.
    package func reissueAccessToken(
        _ id: AccessTokenID, lifetime: Lifetime?, by context: ChangeContext
    ) async throws -> (accessToken: AccessToken, text: Secret) {
        try await changes.run(context) { [self] context in
            try await loadLimits(of: id)
            let minted = keyRing.mint(.accessToken)
            let successor = AccessTokenSuccessor(
                id: AccessTokenID(digits: minted.idDigits), hash: minted.hash, lifetime: lifetime)
            do {
                let (old, new) = try await store.reissueAccessToken(id, to: successor, by: context)
                await access.put([old, new])
                return (new, minted.text)
            } catch StoreError.expired {
                throw Problem.invalid(
                    "expires_in", "the old access token's lifetime is over: give the new one a lifetime")
            }
        }
    }

    /// Revokes every access token that fits when it begins, whatever becomes of it meanwhile (used, changed,
    /// suspended, resumed). If one had no successor at the beginning, the successors that it has got by its
    /// turn, by rotation or reissue, are revoked too, also if another request has revoked it itself
    /// meanwhile. One that is issued after the beginning stays, also where it fits. Returns
    /// those that it revoked, which were not revoked before, when no request with any of them is dispatched
    /// any more: newest first, within each step its successors last.
    ///
    /// It works in steps, each of which holds from its commit on; the ledger and other changes come in
    /// between. It goes on if its caller is gone. If a step fails, or the server ends, the steps before it
    /// hold, and calling it again revokes those of the others that fit then; ``RevokedInPart`` says how many
    /// access tokens were revoked.
    package func revokeAccessTokens(
        _ filter: AccessTokenFilter, by context: ChangeContext
    ) async throws -> [AccessTokenID] {
        let targets = try await store.revocableAccessTokens(filter, at: now())
        return try await inSteps(RevocationStep.steps(of: targets), counting: \.count, by: context) {
            [self] step, context in
            let (revoked, rest) = try await store.revokeAccessTokens(step, by: context)
            await access.put(revoked)
            return (revoked.map(\.id), rest)
        }.flatMap { $0 }
    }

    /// Records that the access token was seen expired at `moment`, and publishes it: one that a clock which
    /// went back made valid again meanwhile is refused from then on. Throws a `StoreError`.
    package func recordExpiry(of id: AccessTokenID, seenAt moment: Timestamp) async throws {
        try await changes.run { [self] in
            await access.put(try await store.recordExpiry(id, at: moment))
        }
    }

    /// Publishes the access tokens that ended behind `horizon` and not behind `before`, which the start left
    /// out, with their limits. Returns how many there are.
    package func wakeAccessTokens(
        endingAfter horizon: Timestamp, upTo before: Timestamp
    ) async throws -> Int {
        try await changes.run { [self] in
            let records = try await store.dormantRecords(endingAfter: horizon, upTo: before)
            for (subject, records) in records.limits { limits.set(records, of: subject) }
            await access.put(records.accessTokens)
            return records.accessTokens.count
        }
    }
}
