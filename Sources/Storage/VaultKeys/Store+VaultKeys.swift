package import Domain
import GRDB

/// The vault's keys, wrapped under the master key.
extension Store {
    /// To make a `KeyRing` of. Empty for an empty database, too.
    package func sealedKeys() async throws(StoreError) -> [SealedKey] {
        try await database.read { try Self.sealedKeys(in: $0) }
    }

    /// Replaces all of them at once. Throws `conflict` where they are not `old` any more.
    package func replaceSealedKeys(
        _ old: [SealedKey], with new: [SealedKey], by context: ChangeContext
    ) async throws(StoreError) {
        try await database.change(by: context) { database in
            try Self.replace(old, with: new, in: database)
            let version = { (keys: [SealedKey]) in String(keys.map(\.version).max() ?? 0) }
            return .made(
                (),
                AuditEvent(
                    principal: context.principal, action: .masterKeyRotated, subject: "master_key",
                    details: [.before("version", version(old)), AuditEvent.Detail("version", version(new))]))
        }
    }

    private static func replace(_ old: [SealedKey], with new: [SealedKey], in database: Database) throws {
        guard try Self.sealedKeys(in: database) == old, Set(old.map(\.id)) == Set(new.map(\.id)) else {
            throw StoreError.conflict
        }
        for key in new { try key.updateAll(in: database) }
    }

    private static func sealedKeys(in database: Database) throws -> [SealedKey] {
        guard try database.tableExists("vault_keys") else { return [] }
        return try SealedKey.all("ORDER BY id", in: database)
    }
}
