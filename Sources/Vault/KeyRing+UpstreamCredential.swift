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

    /// Throws `sealBroken` where the credential is not as it was sealed.
    package func open(_ credential: UpstreamCredential) throws(VaultError) -> Secret {
        try open(credential.sealed, for: .upstreamCredential(credential))
    }
}
