package import Domain
import Gateway
import Storage
package import Vault

/// What becomes of access tokens after their issue.
extension ControlPlane {
    /// Returns when no request with it is dispatched any more, also where it was suspended already.
    package func suspendAccessToken(_ id: AccessTokenID, by principal: Principal) async throws -> AccessToken
    {
        try await changes.run { [self] in
            let accessToken = try await store.suspendAccessToken(id, by: principal, at: now())
            await access.put(accessToken)
            return accessToken
        }
    }

    package func resumeAccessToken(_ id: AccessTokenID, by principal: Principal) async throws -> AccessToken {
        try await changes.run { [self] in
            let accessToken = try await store.resumeAccessToken(id, by: principal, at: now())
            await access.put(accessToken)
            return accessToken
        }
    }

    /// Both work until the grace, in seconds, is over. Without a lifetime the successor ends when the one before would
    /// have. Its text is in the answer, and nowhere else.
    package func rotateAccessToken(
        _ id: AccessTokenID, grace: Int64, lifetime: Lifetime?, by principal: Principal
    ) async throws -> (accessToken: AccessToken, text: Secret) {
        try await changes.run { [self] in
            let minted = keyRing.mint(.accessToken)
            let successor = AccessTokenSuccessor(
                id: AccessTokenID(digits: minted.idDigits), hash: minted.hash, lifetime: lifetime)
            let (old, new) = try await store.rotateAccessToken(
                id, to: successor, grace: grace, by: principal, at: now())
            await access.put([old, new])
            return (new, minted.text)
        }
    }

    /// The successor of one that has ended, which stays ended. Its text is in the answer, and nowhere else. Throws a 422
    /// ``Problem`` where a lifetime has to be given.
    package func reissueAccessToken(
        _ id: AccessTokenID, lifetime: Lifetime?, by principal: Principal
    ) async throws -> (accessToken: AccessToken, text: Secret) {
        try await changes.run { [self] in
            let minted = keyRing.mint(.accessToken)
            let successor = AccessTokenSuccessor(
                id: AccessTokenID(digits: minted.idDigits), hash: minted.hash, lifetime: lifetime)
            do {
                let (old, new) = try await store.reissueAccessToken(
                    id, to: successor, by: principal, at: now())
                await access.put([old, new])
                return (new, minted.text)
            } catch StoreError.expired {
                throw Problem.invalid(
                    "expires_in", "the old access token's lifetime is over: give the new one a lifetime")
            }
        }
    }

    /// Returns when no request with any of them is dispatched any more, and those that were not revoked before.
    package func revokeAccessTokens(
        _ filter: AccessTokenFilter, by principal: Principal
    ) async throws -> [AccessToken] {
        try await changes.run { [self] in
            let revoked = try await store.revokeAccessTokens(filter, by: principal, at: now())
            await access.put(revoked)
            return revoked
        }
    }
}
