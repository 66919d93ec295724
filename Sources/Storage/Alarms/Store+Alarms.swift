package import Domain
import GRDB

/// Alarms: a queue on the disk of those that are to be delivered, and a memory of the others.
extension Store {
    /// Adds those that were not told already, in one transaction. Returns how many that were.
    @discardableResult
    package func recordAlarms(_ alarms: [AlarmRecord]) async throws(StoreError) -> Int {
        try await database.record { database in
            try alarms.reduce(0) { count, alarm in count + (try Self.insert(alarm, in: database) ? 1 : 0) }
        }
    }

    /// Within a change that is the alarm's cause. False where it was told already.
    @discardableResult
    static func insert(_ alarm: AlarmRecord, in database: Database) throws -> Bool {
        guard try !isTold(alarm, in: database) else { return false }
        var alarm = alarm
        if alarm.project == nil, let accessToken = AccessTokenID(alarm.subject) {
            alarm.project = try Self.accessToken(accessToken, in: database)?.project
        }
        try alarm.insert(in: database)
        return true
    }

    private static func isTold(_ alarm: AlarmRecord, in database: Database) throws -> Bool {
        try AlarmRecord.first(
            "WHERE repeat_key = ? AND at > ? LIMIT 1", [alarm.key, quietSince(alarm)], in: database) != nil
    }

    private static func quietSince(_ alarm: AlarmRecord) -> Int64 {
        alarm.quiet.map { alarm.at.milliseconds - $0 } ?? .min
    }

    /// True where the alarm was told already.
    package func isTold(_ alarm: Alarm) async throws(StoreError) -> Bool {
        let record = AlarmRecord(alarm, id: .random())
        return try await database.read { database in
            try Self.isTold(record, in: database)
        }
    }

    /// An alarm for an operator to see whether it arrives. Returns it as it is kept.
    package func testAlarm(by context: ChangeContext) async throws(StoreError) -> AlarmRecord {
        let alarm = AlarmRecord(.test(by: context.principal, at: context.now), id: .random())
        return try await database.change(by: context) { database in
            guard try Self.insert(alarm, in: database) else { throw StoreError.conflict }
            return .made(
                alarm,
                AuditEvent(principal: context.principal, action: .alarmTested, subject: alarm.id.rawValue))
        }
    }

    // MARK: - Delivery

    /// Those that wait and whose time has come, the one that has waited longest first.
    package func dueAlarms(at now: Timestamp, limit: Int) async throws(StoreError) -> [AlarmRecord] {
        try await database.read { database in
            try AlarmRecord.all(
                """
                WHERE state = 'waiting' AND next_attempt_at <= ? ORDER BY next_attempt_at, at, id LIMIT ?
                """, [now.milliseconds, limit], in: database)
        }
    }

    /// Writes down how far its delivery got; does nothing where it is not waiting any more.
    package func updateAlarm(_ alarm: AlarmRecord) async throws(StoreError) {
        try await database.record { database in
            guard try AlarmRecord.find([alarm.id.rawValue], in: database)?.state == .waiting else { return }
            try alarm.update(.state, .attempts, .nextAttemptAt, .deliveredAt, .lastError, in: database)
        }
    }

    package func waitingAlarms() async throws(StoreError) -> Int {
        try await database.read { database in
            try Int.fetchOne(database, sql: "SELECT count(*) FROM alarms WHERE state = 'waiting'") ?? 0
        }
    }

    /// Of those that wait all but the newest `limit` wait no more, and have this state then. Returns how
    /// many.
    package func endWaiting(
        but limit: Int, as state: AlarmState
    ) async throws(StoreError) -> Int {
        var excess = try await waitingAlarms() - limit
        var ended = 0
        while excess > 0 {
            let step = min(excess, Self.alarmsAtOnce)
            ended += try await database.record { database in
                try database.execute(
                    sql: """
                        UPDATE alarms SET state = ? WHERE id IN (
                            SELECT id FROM alarms WHERE state = 'waiting' ORDER BY at, id LIMIT ?)
                        """,
                    arguments: [state.rawValue, step])
                return database.changesCount
            }
            excess -= step
        }
        return ended
    }

    /// Forgets all but the newest `limit`.
    package func forgetAlarms(but limit: Int) async throws(StoreError) {
        let count = try await database.read { database in
            try Int.fetchOne(database, sql: "SELECT count(*) FROM alarms") ?? 0
        }
        var excess = count - limit
        while excess > 0 {
            let step = min(excess, Self.alarmsAtOnce)
            try await database.record { database in
                try database.execute(
                    sql: "DELETE FROM alarms WHERE id IN (SELECT id FROM alarms ORDER BY at, id LIMIT ?)",
                    arguments: [step])
            }
            excess -= step
        }
    }

    /// Of one transaction: a leak of many access tokens raises as many alarms.
    private static let alarmsAtOnce = 500

    // MARK: - Lists

    /// From the one behind `place`.
    package func listAlarms(
        _ wanted: AlarmFilter, by order: ListOrder = ListOrder(.at, isDescending: true),
        after place: ListPlace? = nil, limit: Int
    ) async throws(StoreError) -> Page<AlarmRecord> {
        try await database.read { database in
            var selection = ListSelection<AlarmRecord>()
            if let kind = wanted.kind { selection.require("kind = ?", [kind.rawValue]) }
            if let state = wanted.state { selection.require("state = ?", [state.rawValue]) }
            if let project = wanted.project { selection.require("project = ?", [project.rawValue]) }
            return try selection.page(order, after: place, limit: limit, in: database)
        }
    }

    // MARK: - Causes

    /// Access tokens of active projects that expire within `warning` milliseconds and of which that was not
    /// told yet, the first to expire first. One that was issued for no longer than that is left out, whoever
    /// issued it knows; and so is one that has a successor.
    package func expiringAccessTokens(
        at now: Timestamp, within warning: Int64, limit: Int
    ) async throws(StoreError) -> [AccessToken] {
        try await database.read { database in
            try AccessToken.all(
                """
                WHERE coalesce(expires_at, 9223372036854775807) > ?
                    AND coalesce(expires_at, 9223372036854775807) <= ?
                    AND expires_at - created_at > ?
                    AND revoked_at IS NULL AND expired_at IS NULL AND rotated_to IS NULL AND honey = 0
                    AND EXISTS (SELECT 1 FROM projects WHERE projects.id = project AND state = 'active')
                    AND NOT EXISTS (SELECT 1 FROM alarms
                        WHERE repeat_key = ? || access_tokens.id || ' ' || expires_at)
                ORDER BY expires_at, id LIMIT ?
                """,
                [
                    now.milliseconds, now.adding(milliseconds: warning).milliseconds, warning,
                    AlarmKind.tokenExpiring.rawValue + " ", limit,
                ], in: database)
        }
    }
}
