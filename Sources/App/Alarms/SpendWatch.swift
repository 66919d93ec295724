import Domain
import Gateway
import Storage

/// Raises an alarm where a project spends far more within an hour than it usually does, and stops it where
/// that is wanted.
///
/// An hour is four quarters, the current one among them; the usual is the mean of the seven days before. A
/// project that was made less than a day before that hour is not judged. One that was stopped and made active
/// again is not stopped for an hour.
struct SpendWatch: Sendable {
    private static let quarter: Int64 = 900_000
    private static let hour: Int64 = 3_600_000
    private static let week: Int64 = 168
    private static let day: Int64 = 24

    let store: Store
    let alarms: any AlarmSink
    /// How many times the usual is too much.
    let factor: Int
    /// Stops a project; nil where none is stopped.
    let freeze: (@Sendable (ProjectID) async throws -> Void)?

    func look(at now: Timestamp) async throws {
        let current = now.milliseconds / Self.quarter * Self.quarter
        let start = Timestamp(milliseconds: current - 3 * Self.quarter)
        let recent = try await costs(
            from: start, to: Timestamp(milliseconds: current + Self.quarter)
        ).filter { $0.value >= SpendSpeed.least }
        guard !recent.isEmpty else { return }
        let before = try await costs(from: start.adding(milliseconds: -Self.week * Self.hour), to: start)
        for (id, cost) in recent {
            guard let project = try await store.project(id), project.state == .active else { continue }
            let age = start.milliseconds(since: project.createdAt) / Self.hour
            guard age >= Self.day else { continue }
            let speed = SpendSpeed(
                lastHour: cost, before: before[id] ?? .zero, hours: min(age, Self.week))
            guard speed.isTooFast(factor: factor) else { continue }
            let alarm = Alarm.spendTooFast(id, speed, isFrozen: freeze != nil, at: now)
            guard try await !store.isTold(alarm) else { continue }
            try await freeze?(id)
            alarms.raise(alarm)
        }
    }

    /// Of every project that spent anything, by whole quarters.
    private func costs(from: Timestamp, to: Timestamp) async throws -> [ProjectID: Money] {
        var query = UsageQuery(from: from, to: to, dimensions: [.project], limit: 10_000)
        var costs: [ProjectID: Money] = [:]
        repeat {
            let report = try await store.usageReport(query)
            for row in report.rows {
                if let id = row.names.first.flatMap({ ProjectID($0) }) { costs[id] = row.sums.cost }
            }
            query.cursor = report.nextCursor
        } while query.cursor != nil
        return costs
    }
}
