package import Domain
import GRDB

/// Management keys: made, looked up by hash, listed, revoked.
extension Store {
    /// Throws `conflict` where the id or the hash is there already, or its project is not there.
    package func createManagementKey(
        _ key: ManagementKey, by context: ChangeContext
    ) async throws(StoreError) {
        try await database.change(by: context) { database in
            try key.insert(in: database)
            return .made(
                (),
                AuditEvent(
                    principal: context.principal, action: .managementKeyCreated, subject: key.id.rawValue,
                    details: [
                        AuditEvent.Detail("name", key.name.rawValue),
                        AuditEvent.Detail("role", key.role.rawValue),
                        AuditEvent.Detail("project", key.project?.rawValue ?? "all"),
                    ]))
        }
    }

    package func managementKey(_ id: ManagementKeyID) async throws(StoreError) -> ManagementKey? {
        try await database.read { try Self.managementKey(id, in: $0) }
    }

    /// Revoked ones too: the caller looks.
    package func managementKey(hash: CredentialHash) async throws(StoreError) -> ManagementKey? {
        try await database.read { database in
            try ManagementKey.first("WHERE hash = ?", [hash.bytes.data], in: database)
        }
    }

    /// Revoked ones too, from the one behind `place`, which is of the same order.
    package func listManagementKeys(
        _ filter: ManagementKeyFilter = ManagementKeyFilter(), by order: ListOrder = .newestFirst,
        after place: ListPlace? = nil, limit: Int
    ) async throws(StoreError) -> Page<ManagementKey> {
        try await database.read { database in
            var selection = ListSelection<ManagementKey>()
            if let role = filter.role { selection.require("role = ?", [role.rawValue]) }
            if let isRevoked = filter.isRevoked {
                selection.require("revoked_at IS \(isRevoked ? "NOT " : "")NULL")
            }
            if let text = filter.text { selection.search(text) }
            return try selection.page(order, after: place, limit: limit, in: database)
        }
    }

    /// Throws `notFound`. What is revoked stays revoked since the first time, and a second time leaves no
    /// event.
    package func revokeManagementKey(
        _ id: ManagementKeyID, by context: ChangeContext
    ) async throws(StoreError) -> ManagementKey {
        try await database.change(by: context) { database in
            guard var key = try Self.managementKey(id, in: database) else { throw StoreError.notFound }
            guard key.revokedAt == nil else { return .unchanged(key) }
            key.revokedAt = context.now
            try key.update(.revokedAt, in: database)
            return .made(
                key,
                AuditEvent(principal: context.principal, action: .managementKeyRevoked, subject: id.rawValue))
        }
    }

    private static func managementKey(_ id: ManagementKeyID, in database: Database) throws -> ManagementKey? {
        try ManagementKey.find([id.rawValue], in: database)
    }
}
