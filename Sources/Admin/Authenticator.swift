package import Domain
package import HTTPTypes
package import Storage
package import Vault

/// Tells who calls the management API: `Authorization: Bearer` with a management key that is known and not
/// revoked.
///
/// A key of our own making is checked by form and checksum first, so that a mistyped one costs no database
/// read; an operator's own key (``ManagementKeyRule``) goes by its hash alone. An access token is never
/// looked up. An address whose logins fail again and again has to wait (``LoginGate``), but for a few keys a
/// second; a call without a credential is no login.
package struct Authenticator: Sendable {
    private let store: Store
    private let keyRing: KeyRing

    private let gate: LoginGate

    package init(store: Store, keyRing: KeyRing, gate: LoginGate) {
        self.store = store
        self.keyRing = keyRing
        self.gate = gate
    }

    /// Throws ``Problem/unauthorized``, or a problem that says what the text itself shows to be wrong with
    /// the credential, which tells the caller nothing else, or a 429 ``Problem`` where the
    /// address has to wait, or what the store throws.
    ///
    /// - Parameter client: nil where it is not known.
    package func caller(of headers: HTTPFields, from client: IPAddress?) async throws -> ManagementKey {
        let values = headers[values: .authorization]
        let hash = hash(in: values)
        let attempt = try gate.check(client, hash)
        guard !values.isEmpty else { throw Problem.unauthorized }
        let key = try await key(of: hash)
        try gate.conclude(attempt, isRight: key != nil)
        guard let key else { throw Self.refusal(of: values) }
        return key
    }

    /// What an access token or a forgotten `Bearer` is told. Nothing is looked up for it.
    private static func refusal(of values: [String]) -> Problem {
        guard values.count == 1, let value = values.first else { return .unauthorized }
        guard value.prefix(7).lowercased() == "bearer " else { return .unauthorized(.scheme) }
        var credential = String(value.dropFirst(7).drop { $0 == " " })
        return switch credential.withUTF8({ CredentialKind(beginning: UnsafeRawBufferPointer($0)) }) {
        case .accessToken: .unauthorized(.accessToken)
        case .invitation: .unauthorized(.invitation)
        case .managementKey, nil: .unauthorized
        }
    }

    /// nil where it can be no management key.
    private func hash(in values: [String]) -> CredentialHash? {
        guard values.count == 1, let value = values.first, value.prefix(7).lowercased() == "bearer " else {
            return nil
        }
        let key = Secret(utf8: String(value.dropFirst(7)))
        guard ManagementKeyRule.flaw(in: key) == nil else { return nil }
        return keyRing.hash(key)
    }

    /// nil if the key is not valid.
    private func key(of hash: CredentialHash?) async throws -> ManagementKey? {
        guard let hash, let found = try await store.managementKey(hash: hash),
            found.hash.isEqual(inConstantTimeTo: hash), found.revokedAt == nil
        else { return nil }
        return found
    }
}
