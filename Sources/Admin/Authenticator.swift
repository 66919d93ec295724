package import Domain
package import HTTPTypes
package import Storage
package import Vault

/// Tells who calls the management API: `Authorization: Bearer` with a management key that is known and not revoked.
///
/// A key of our own making is checked by form and checksum first, so that a mistyped one costs no database read; an
/// operator's own key (`LATCHKEY_ADMIN_KEY`, 32 to 512 printable characters) goes by its hash alone. An access token
/// is never looked up.
package struct Authenticator: Sendable {
    private let store: Store
    private let keyRing: KeyRing

    package init(store: Store, keyRing: KeyRing) {
        self.store = store
        self.keyRing = keyRing
    }

    /// Throws ``Problem/unauthorized``, which tells the caller nothing else, or what the store throws.
    package func principal(of headers: HTTPFields) async throws -> Principal {
        let values = headers[values: .authorization]
        guard values.count == 1, let value = values.first, value.prefix(7).lowercased() == "bearer " else {
            throw Problem.unauthorized
        }
        let key = Secret(utf8: String(value.dropFirst(7)))
        guard Self.mayBeKey(key), let found = try await store.managementKey(hash: keyRing.hash(key)),
            found.revokedAt == nil
        else { throw Problem.unauthorized }
        return .managementKey(found.id)
    }

    /// False for what can be no management key.
    package static func mayBeKey(_ key: Secret) -> Bool {
        key.withUnsafeBytes { bytes in
            if bytes.starts(with: "lkm_".utf8) { return CredentialFormat.isWellFormed(bytes, kind: .managementKey) }
            return (32...512).contains(bytes.count) && !bytes.starts(with: "lk_".utf8)
                && bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        }
    }
}
