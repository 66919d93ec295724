import Domain
import Gateway
import Testing

/// A project with one access token, limits as text, and clocks that stand where they are put.
final class QuotaFixture {
    static let hour: Int64 = 3_600_000
    /// 2026-11-21T10:00:00Z, in the middle of every calendar window but the hour.
    static let start = Timestamp(milliseconds: 1_795_255_200_000)

    let book = QuotaBook(defaultPeriods: QuotaFixture.utc)
    let projectID = ProjectID(unchecked: "proj_000000000000")
    let lineageID = AccessTokenID(unchecked: "000000000000")
    private(set) var now = QuotaMoment(wall: QuotaFixture.start, nanoseconds: 1_000_000_000_000)
    private var nextAccount: Int32 = 1

    var lineage: LineageQuotas { book.lineage(lineageID, of: projectID) }
    var project: QuotaBook.Owner { .project(projectID) }
    var accessToken: QuotaBook.Owner { .lineage(lineageID, of: projectID) }

    init(_ limits: [String] = [], project: [String] = []) throws {
        try set(limits, of: accessToken)
        try set(project, of: self.project)
    }

    /// Periods of equal lengths since 1970, months of 30 days: what a calendar gives, with less thought.
    static let utc: PeriodRule = { window, moment in
        let length: Int64 =
            switch window {
            case .hour: hour
            case .day: 24 * hour
            case .week: 7 * 24 * hour
            default: 30 * 24 * hour
            }
        let start = moment.milliseconds - (moment.milliseconds % length + length) % length
        return Period(
            start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: start + length))
    }

    func pass(milliseconds: Int64) {
        now = QuotaMoment(
            wall: now.wall.adding(milliseconds: milliseconds),
            nanoseconds: now.nanoseconds + UInt64(max(0, milliseconds)) * 1_000_000)
    }

    /// New limits: their counters begin now.
    func record(_ text: String) throws -> LimitRecord {
        nextAccount += 1
        return try LimitRecord(account: nextAccount, limit: Limit(parsing: text), start: now.wall)
    }

    @discardableResult
    func set(_ limits: [String], of owner: QuotaBook.Owner) throws -> [LimitRecord] {
        let records = try limits.map { try record($0) }
        book.setLimits(records, of: owner, at: now)
        return records
    }

    static func charge(requests: Int64 = 1, tokens: Int64 = 0, cost: Int64 = 0) -> Charge {
        Charge(requests: requests, tokens: tokens, cost: Money(nanoUSD: cost))
    }

    func reserve(
        requests: Int64 = 1, tokens: Int64 = 0, cost: Int64 = 0, model: String? = nil
    ) throws(LimitRefusal) -> Reservation? {
        try lineage.reserve(
            Self.charge(requests: requests, tokens: tokens, cost: cost), model: model, at: now)
    }

    /// nil where it is let through; then it is refunded at once.
    func refusal(
        requests: Int64 = 1, tokens: Int64 = 0, cost: Int64 = 0, model: String? = nil
    ) -> LimitRefusal? {
        do throws(LimitRefusal) {
            try reserve(requests: requests, tokens: tokens, cost: cost, model: model)?.refund()
            return nil
        } catch {
            return error
        }
    }

    func settle(
        _ reservation: Reservation?, requests: Int64 = 1, tokens: Int64 = 0, cost: Int64 = 0
    ) {
        reservation?.settle(
            Self.charge(requests: requests, tokens: tokens, cost: cost), at: now.nanoseconds)
    }

    /// The state of the access token's limit of that identity, or the project's.
    func state(_ id: String, of owner: QuotaBook.Owner? = nil) throws -> LimitState {
        let id = try LimitID(parsing: id)
        return try #require(book.states(of: owner ?? accessToken, at: now).first { $0.limit.id == id })
    }
}
