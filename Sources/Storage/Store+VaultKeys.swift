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
        _ old: [SealedKey], with new: [SealedKey], by principal: Principal, at now: Timestamp
    ) async throws(StoreError) {
        try await database.change(at: now) { database in
            guard try Self.sealedKeys(in: database) == old, Set(old.map(\.id)) == Set(new.map(\.id)) else {
                throw StoreError.conflict
            }
            for key in new {
                try database.execute(
                    sql: "UPDATE vault_keys SET version = ?, sealed = ? WHERE id = ?",
                    arguments: [key.version, key.sealed.data, key.id])
            }
            let version = { (keys: [SealedKey]) in String(keys.map(\.version).max() ?? 0) }
            return .made(
                (),
                AuditEvent(
                    principal: principal, action: .masterKeyRotated, subject: "master_key",
                    details: [.before("version", version(old)), AuditEvent.Detail("version", version(new))]))
        }
    }

    private static func sealedKeys(in database: Database) throws -> [SealedKey] {
        guard try database.tableExists("vault_keys") else { return [] }
        return try Row.fetchAll(database, sql: "SELECT * FROM vault_keys ORDER BY id").map {
            try $0.sealedKey()
        }
    }
}
