package import Domain
import GRDB

/// What operators do to the counters of limits.
extension Store {
    /// Adds to what a quota allows in the period that begins at `start`. Throws `notFound` where the subject
    /// has no such limit.
    package func topUpLimit(
        _ id: LimitID, of subject: LimitSubject, by amount: Int64, from start: Timestamp,
        by context: ChangeContext
    ) async throws(StoreError) {
        try await database.change(by: context) { database in
            guard let record = try Self.limitRecord(id, of: subject, in: database) else {
                throw StoreError.notFound
            }
            let credit = record.counters.first { $0.start == start }?.credit ?? 0
            let added = min(amount, .max - credit)
            try Self.topUpLimit(record.account, by: added, of: start, in: database)
            return .made(
                (),
                AuditEvent(
                    principal: context.principal, action: subject.topUp, subject: subject.owner,
                    details: [
                        AuditEvent.Detail("limit", record.limit.description),
                        .before("topped_up", Limit.text(credit, of: id.metric)),
                        AuditEvent.Detail("topped_up", Limit.text(credit + added, of: id.metric)),
                    ]))
        }
    }

    /// The limit counts from `start` on, from nothing and without what was added to it, whatever it counts of
    /// later periods. Throws `notFound` where the subject has no such limit, `conflict` where it has a
    /// counter from that moment already.
    package func resetLimit(
        _ id: LimitID, of subject: LimitSubject, from start: Timestamp, by context: ChangeContext
    ) async throws(StoreError) {
        try await database.change(by: context) { database in
            guard let record = try Self.limitRecord(id, of: subject, in: database) else {
                throw StoreError.notFound
            }
            let before = record.counters.filter { $0.start <= start }.max { $0.start < $1.start }
            try Self.resetLimit(record.account, from: start, in: database)
            return .made(
                (),
                AuditEvent(
                    principal: context.principal, action: subject.reset, subject: subject.owner,
                    details: [
                        AuditEvent.Detail("limit", record.limit.description),
                        .before("used", Limit.text(before?.used ?? 0, of: id.metric)),
                        .before("topped_up", Limit.text(before?.credit ?? 0, of: id.metric)),
                        AuditEvent.Detail("start", String(start.milliseconds)),
                    ]))
        }
    }
}

extension LimitSubject {
    fileprivate var topUp: AuditEvent.Action {
        switch self {
        case .project: .projectLimitToppedUp
        case .lineage: .tokenLimitToppedUp
        }
    }

    fileprivate var reset: AuditEvent.Action {
        switch self {
        case .project: .projectLimitReset
        case .lineage: .tokenLimitReset
        }
    }
}
