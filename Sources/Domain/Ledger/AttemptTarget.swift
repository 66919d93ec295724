/// Which of a request's attempts a ledger row is about, and where that went.
package struct AttemptTarget: Hashable, Sendable {
    /// Of ``upstream``, in bytes.
    package static let upstreamLimit = 64
    /// What ``upstream`` is for the built-in provider.
    package static let dummy = "dummy"

    /// From 1 up.
    package var number: Int32
    /// The upstream's host, with its port where that is not its scheme's own: a name out of few, for an
    /// operator sets them. At most ``upstreamLimit`` bytes, all of them ASCII.
    package let upstream: String
    /// The digits of the credential's id: text that is short enough to be copied without a count of who has
    /// it.
    package let credentialDigits: String?

    /// What of `upstream` is longer than ``upstreamLimit`` is cut.
    package init(number: Int32 = 1, upstream: String = Self.dummy, credential: CredentialID? = nil) {
        self.number = number
        self.upstream = String(upstream.prefix(Self.upstreamLimit))
        credentialDigits = credential.map { String($0.rawValue.dropFirst(CredentialID.prefix.utf8.count)) }
    }

    /// The upstream credential that was sent; nil where none was.
    package var credential: CredentialID? {
        credentialDigits.map { CredentialID(unchecked: CredentialID.prefix + $0) }
    }
}
