import Domain
import GRDB

/// Who is charged for an object: the row that began it, first its reservation and then what it used, once. A
/// row that only reports the end is never charged for it, whatever is known of the beginning: that row may
/// not be written yet, or a crash left no more of it than its reservation.
extension LedgerWriter {
    /// False where the row is written without tokens and cost: another is charged for the object. `charge` is
    /// the row's own, as it was settled.
    mutating func claim(
        _ object: LedgerText, by row: borrowing LedgerRow, _ usage: Usage, _ charge: Charge, _ names: Int64
    ) throws -> Bool {
        let isCharged: Bool
        switch row.objectRole {
        case .begins(let terms):
            isCharged = try begin(object, by: row)
            if isCharged { try follow(object, terms, row, usage, charge, names) }
        case .reports(let tier):
            _ = try settle(object, of: row.project, as: row.end(tier), id: row.id.correction)
            return false
        case .completes, nil: isCharged = try complete(object, by: row)
        }
        if !isCharged {
            noteAdjustment(
                of: row,
                by: Charge(requests: 0, tokens: -charge.tokens, cost: Money(nanoUSD: -charge.cost.nanoUSD)))
        }
        return isCharged
    }

    /// False where it has begun, or ended, already: another request goes on with it.
    private func begin(_ object: LedgerText, by row: borrowing LedgerRow) throws -> Bool {
        let isKnown = try Int64.fetchOne(
            database,
            sql: """
                SELECT ledger_row FROM seen_objects WHERE project = ? AND object = ?
                UNION ALL SELECT ledger_row FROM pending_objects WHERE project = ? AND object = ?
                """,
            arguments: [row.project.rawValue, object.rawValue, row.project.rawValue, object.rawValue])
        return isKnown == nil
    }

    private mutating func follow(
        _ object: LedgerText, _ terms: ObjectTerms, _ row: borrowing LedgerRow, _ usage: Usage,
        _ charge: Charge,
        _ names: Int64
    ) throws {
        let count = try pendingCount ?? Store.pendingObjectCount(in: database)
        pendingCount = count
        guard count < PendingObject.limit else {
            result.unfollowed += 1
            _ = try see(object, of: row.project, by: row.id)
            return
        }
        pendingCount = count + 1
        let path = EndpointKind(rawValue: row.endpoint).flatMap {
            ObjectPath.path(of: object.rawValue, thread: terms.thread, kind: $0)
        }
        let answeredAt = row.admittedAt.adding(milliseconds: row.durationNanoseconds / 1_000_000)
        let insertion = try RawStatement(
            """
            INSERT INTO pending_objects (
                project, object, ledger_row, names, admitted_at, tokens, cost, prompt, completion, accounts, tier,
                keeps_cache_long, path, next_at, attempts)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)
            """, in: database)
        insertion.bind(row.project.rawValue, at: 1)
        insertion.bind(object.rawValue, at: 2)
        insertion.bind(row.id.rawValue, at: 3)
        insertion.bind(names, at: 4)
        insertion.bind(row.admittedAt.milliseconds, at: 5)
        insertion.bind(charge.tokens, at: 6)
        insertion.bind(charge.cost.nanoUSD, at: 7)
        insertion.bind(usage.prompt, at: 8)
        insertion.bind(usage.completion, at: 9)
        insertion.bind(row.accounts, at: 10)
        insertion.bind(terms.price.tier.rawValue, at: 11)
        insertion.bind(terms.price.keepsCacheLong ? 1 : 0, at: 12)
        insertion.bind(path, at: 13)
        insertion.bind(answeredAt.milliseconds + PendingObject.firstQuestion, at: 14)
        try insertion.run()
    }

    /// False where another row has begun the object, which is corrected if it stands at its reservation.
    private mutating func complete(_ object: LedgerText, by row: borrowing LedgerRow) throws -> Bool {
        if try settle(object, of: row.project, as: row.end(nil), id: row.id.correction) { return false }
        return try see(object, of: row.project, by: row.id)
    }

    /// Corrects the row that began the object, which is pending no more; false where it was not.
    mutating func settle(
        _ object: LedgerText, of project: ProjectID, as end: ObjectEnd, id: LedgerID
    ) throws -> Bool {
        guard let pending = try PendingCharge.find(object, of: project, in: database) else { return false }
        try Store.forget(object, of: project, seenBy: id, in: database)
        if let count = pendingCount { pendingCount = count - 1 }
        try correct(pending, to: end, id: id)
        return true
    }

    /// False where another row was charged for the object.
    private func see(_ object: LedgerText, of project: ProjectID, by row: LedgerID) throws -> Bool {
        try database.execute(
            sql: """
                INSERT INTO seen_objects (project, object, ledger_row) VALUES (?, ?, ?) ON CONFLICT DO NOTHING
                """,
            arguments: [project.rawValue, object.rawValue, row.rawValue])
        return database.changesCount == 1
    }

    /// At the prices that hold now; `nil` where there is none for its model. With the version of the prices.
    mutating func cost(of end: ObjectEnd, _ pending: PendingCharge) throws -> (Money?, version: Int64) {
        let prices = try self.prices ?? StoredPrices(in: database)
        self.prices = prices
        let price = try prices.price(
            asked: pending.modelAsked, answered: end.modelAnswered, of: pending.project, in: database)
        let terms = end.terms(pending.terms, of: EndpointKind(rawValue: pending.endpoint))
        guard let price else { return (nil, prices.version) }
        var cost = price.cost(of: end.usage, on: terms)
        if let images = end.images { cost += prices.imagePrice(else: price).cost(of: images) }
        return (cost, prices.version)
    }
}

extension LedgerRow {
    /// What it tells of its object.
    fileprivate func end(_ tier: ServiceTier?) -> ObjectEnd {
        ObjectEnd(usage: usage, accuracy: accuracy, modelAnswered: modelAnswered, tier: tier)
    }
}
