import Domain
import GRDB

/// Reading the audit: a page at a time, either way.
extension Store {
    /// Newest first, from the one in front of `cursor`; or oldest first, from the one behind it.
    package func listAudit(
        _ query: AuditQuery, oldestFirst: Bool = false, from cursor: Int64? = nil, limit: Int
    ) async throws(StoreError) -> Page<AuditRow> {
        guard !oldestFirst else {
            return Page(try await auditRows(query, after: cursor ?? 0, limit: limit + 1), limit: limit)
        }
        return Page(
            try await auditRows(query, "seq < ?", cursor ?? .max, order: "DESC", limit: limit + 1),
            limit: limit)
    }

    /// Oldest first, from the one behind `sequence`.
    package func auditRows(
        _ query: AuditQuery, after sequence: Int64, limit: Int
    ) async throws(StoreError) -> [AuditRow] {
        try await auditRows(query, "seq > ?", sequence, order: "ASC", limit: limit)
    }

    private func auditRows(
        _ query: AuditQuery, _ place: String, _ sequence: Int64, order: String, limit: Int
    ) async throws(StoreError) -> [AuditRow] {
        try await database.read { database in
            let condition = query.condition
            return try AuditRow.all(
                "WHERE \(place) AND \(condition.sql) ORDER BY seq \(order) LIMIT ?",
                [sequence] + condition.arguments + [limit], in: database)
        }
    }
}
