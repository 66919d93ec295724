import Domain
package import HTTPTypes
package import Storage
package import Vault

/// Tells who calls the management API: `Authorization: Bearer` with a management key that is known and not
/// revoked.
///
/// A key of our own making is checked by form and checksum first, so that a mistyped one costs no database
/// read; an operator's own key (``ManagementKeyRule``) goes by its hash alone. An access token is never
/// looked up.
package struct Authenticator: Sendable {
    private let store: Store
    private let keyRing: KeyRing

    package init(store: Store, keyRing: KeyRing) {
        self.store = store
        self.keyRing = keyRing
    }

    /// Throws ``Problem/unauthorized``, which tells the caller nothing else, or what the store throws.
    package func caller(of headers: HTTPFields) async throws -> Operator {
        let values = headers[values: .authorization]
        guard values.count == 1, let value = values.first, value.prefix(7).lowercased() == "bearer " else {
            throw Problem.unauthorized
        }
        let key = Secret(utf8: String(value.dropFirst(7)))
        guard ManagementKeyRule.flaw(in: key) == nil,
            let found = try await store.managementKey(hash: keyRing.hash(key)),
            found.revokedAt == nil
        else { throw Problem.unauthorized }
        return Operator(principal: .managementKey(found.id), role: found.role, project: found.project)
    }
}
