package import Domain
import GRDB
import Synchronization

/// The audit chain: begun when the store is opened, told, and looked through.
extension Store {
    /// Has to be called once, before the first change of a store that was opened: until then all are refused,
    /// for their events could not be chained. `sealedHead` is what the keys say that the audit's head was
    /// once; nil where they are of an earlier version. Then the events of one are chained, in one
    /// transaction, and an event says how many there were. Else no event is ever chained anew: throws
    /// `auditBroken` where that head is not there any more.
    package func beginAudit(
        _ hashing: @escaping AuditHashing, sealedHead: AuditHead? = nil, at now: Timestamp
    ) async throws(StoreError) {
        trustAudit(hashing, sealedHead: sealedHead)
        let chain = AuditChain(hashing: hashing)
        let isNew = try await database.read { database in
            if let sealedHead { try AuditChain.requireHead(sealedHead, in: database) }
            return try !AuditChain.isBegun(in: database)
        }
        guard isNew else { return }
        try await database.change(by: .system(at: now)) { database in
            let count = try chain.adopt(in: database)
            guard count > 0 else { return .unchanged(()) }
            return .made(
                (),
                AuditEvent(
                    principal: .system, action: .auditChained, subject: "audit",
                    details: [AuditEvent.Detail("events", String(count))]))
        }
    }

    /// The same for a store that is only looked at: without a look at the events.
    package func trustAudit(_ hashing: @escaping AuditHashing, sealedHead: AuditHead?) {
        database.chain.withLock { $0 = AuditChain(hashing: hashing) }
        database.sealedHead.withLock { $0 = sealedHead }
    }

    /// The last event, to be kept elsewhere.
    package func auditHead() async throws(StoreError) -> AuditHead {
        try await database.read { try AuditChain.head(in: $0) }
    }

    /// Looks through all events up to the last one of now, part by part, so that neither the writer nor the
    /// write-ahead log waits for it; stops at the first that is not as it should be. They are held to `known`
    /// and to the head that is sealed with the keys.
    package func verifyAudit(against known: AuditHead? = nil) async throws(StoreError) -> AuditVerdict {
        guard let chain = database.chain.withLock({ $0 }) else { throw AuditedDatabase.unchained }
        let end = try await database.read { database in
            try Int64.fetchOne(database, sql: "SELECT max(seq) FROM audit_events") ?? 0
        }
        let sealed = database.sealedHead.withLock { $0 }
        let heads = [sealed, known].compactMap { $0 }.filter { $0.sequence > 0 }
        var verdict = AuditVerdict()
        while verdict.firstBad == nil, verdict.head.sequence < end {
            let begun = verdict
            verdict = try await database.read { try chain.examine($0, from: begun, until: end, heads) }
        }
        let furthest = heads.map(\.sequence).max() ?? (sealed == nil ? 0 : 1)
        if verdict.firstBad == nil, furthest > verdict.head.sequence {
            verdict.firstBad = .init(sequence: verdict.head.sequence + 1, flaw: .tailMissing)
        }
        return verdict
    }
}

extension AuditChain {
    /// Looks through the next part of the events.
    fileprivate func examine(
        _ database: Database, from begun: AuditVerdict, until end: Int64, _ heads: [AuditHead]
    ) throws -> AuditVerdict {
        var verdict = begun
        let cursor = try Row.fetchCursor(
            database,
            sql:
                "SELECT \(AuditRow.columns) FROM audit_events WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT 5000",
            arguments: [begun.head.sequence, end])
        while let found = try cursor.next() {
            let expected = verdict.head.sequence + 1
            guard let row = try? AuditRow(found) else {
                verdict.firstBad = .init(sequence: expected, flaw: .unreadable)
                return verdict
            }
            if let flaw = flaw(of: row, behind: verdict.head, heads) {
                verdict.firstBad = .init(sequence: expected, flaw: flaw)
                return verdict
            }
            verdict.checked += 1
            verdict.head = AuditHead(sequence: row.sequence, hash: row.hash ?? .zero)
        }
        // The rows that were there when it began are gone.
        if verdict.head == begun.head {
            verdict.firstBad = .init(sequence: verdict.head.sequence + 1, flaw: .missing)
        }
        return verdict
    }

    private func flaw(
        of row: AuditRow, behind head: AuditHead, _ heads: [AuditHead]
    ) -> AuditVerdict.Flaw? {
        guard row.sequence == head.sequence + 1 else { return .missing }
        guard let hash = row.hash else { return .unhashed }
        guard hash == row.hash(behind: head.hash, hashing) else { return .changed }
        return heads.contains { $0.sequence == row.sequence && $0.hash != hash } ? .otherHead : nil
    }
}
