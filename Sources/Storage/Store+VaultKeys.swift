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

    /// Once, at the first start of this version on a folder of an earlier one: from then on the keys say that
    /// there is a chain of events, and upstream keys are bound to their servers. Those that are not among
    /// `credentials` stay as they are, and open no more. Throws `conflict` where the keys are not `old` any
    /// more.
    package func upgradeSeals(
        _ old: [SealedKey], with new: [SealedKey], and credentials: [UpstreamCredential], at now: Timestamp
    ) async throws(StoreError) {
        try await database.change(by: .system(at: now)) { database in
            try Self.replace(old, with: new, in: database)
            for credential in credentials {
                try database.execute(
                    sql: "UPDATE upstream_credentials SET version = ?, sealed = ? WHERE id = ?",
                    arguments: [credential.version, credential.sealed.data, credential.id.rawValue])
            }
            return .made(
                (),
                AuditEvent(
                    principal: .system, action: .sealsUpgraded, subject: "store",
                    details: [AuditEvent.Detail("credentials", String(credentials.count))]))
        }
    }

    private static func replace(_ old: [SealedKey], with new: [SealedKey], in database: Database) throws {
        guard try Self.sealedKeys(in: database) == old, Set(old.map(\.id)) == Set(new.map(\.id)) else {
            throw StoreError.conflict
        }
        for key in new {
            try database.execute(
                sql: "UPDATE vault_keys SET version = ?, sealed = ? WHERE id = ?",
                arguments: [key.version, key.sealed.data, key.id])
        }
    }

    private static func sealedKeys(in database: Database) throws -> [SealedKey] {
        guard try database.tableExists("vault_keys") else { return [] }
        return try Row.fetchAll(database, sql: "SELECT * FROM vault_keys ORDER BY id").map {
            try $0.sealedKey()
        }
    }
}
