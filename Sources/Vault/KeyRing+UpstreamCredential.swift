package import Domain

/// Upstream keys: sealed for their row, their project and the server that they were given for.
extension KeyRing {
    /// The credential with `key` in it. Opens again with ``open(_:)`` as long as it is the same project's and
    /// the same server's.
    package func seal(_ key: Secret, as credential: UpstreamCredential) -> UpstreamCredential {
        var credential = credential
        credential.sealed = seal(key, for: .upstreamCredential(credential))
        return credential
    }

    /// Throws `sealBroken` where the credential is not as it was sealed, and `sealUnbound` where it was
    /// sealed for no server.
    package func open(_ credential: UpstreamCredential) throws(VaultError) -> Secret {
        try open(credential.sealed, for: .upstreamCredential(credential))
    }

    /// The credential as this version seals it, from one that an earlier version sealed for its row alone;
    /// nil where that does not open.
    package func rebound(_ credential: UpstreamCredential) -> UpstreamCredential? {
        let row = SealedRow.upstreamCredential(credential.id.rawValue, version: credential.version)
        guard let key = try? open(credential.sealed, for: row) else { return nil }
        var credential = credential
        credential.version += 1
        return seal(key, as: credential)
    }
}
