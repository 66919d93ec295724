import Domain
import GRDB

/// A row of `pending_objects`.
struct PendingRow {
    let project: ProjectID
    let object: LedgerText
    let ledgerRow: LedgerID
    /// The number of the row's names.
    let names: Int64
    let admittedAt: Timestamp
    /// Of the reservation.
    let charge: Charge
    let usage: Usage
    let accounts: AccountPeriods
    let terms: ModelPrice.Terms
    let path: String?
    let nextAt: Timestamp
    let attempts: Int
}

extension PendingRow: Record {
    enum Column: Int32, RecordColumn {
        case project, object, ledgerRow, names, admittedAt, tokens, cost, prompt, completion, accounts, tier
        case keepsCacheLong, path, nextAt, attempts
    }

    static let table = RecordTable<Column>("pending_objects", keyCount: 2)

    init(from row: RecordRow<Column>) throws {
        project = try row.parsed(.project) { ProjectID($0) }
        object = LedgerText(try row.value(.object))
        ledgerRow = LedgerID(rawValue: try row.value(.ledgerRow))
        names = try row.value(.names)
        admittedAt = try row.moment(.admittedAt)
        charge = Charge(
            requests: 0, tokens: try row.value(.tokens), cost: Money(nanoUSD: try row.value(.cost)))
        usage = Usage(prompt: try row.value(.prompt), completion: try row.value(.completion))
        accounts = try row.accounts(.accounts)
        terms = ModelPrice.Terms(
            tier: try row.parsed(.tier) { ServiceTier(rawValue: $0) },
            keepsCacheLong: try row.flag(.keepsCacheLong))
        path = try row.optional(.path)
        nextAt = try row.moment(.nextAt)
        attempts = try row.value(.attempts)
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .project: project.rawValue
        case .object: object.rawValue
        case .ledgerRow: ledgerRow.rawValue
        case .names: names
        case .admittedAt: admittedAt.milliseconds
        case .tokens: charge.tokens
        case .cost: charge.cost.nanoUSD
        case .prompt: usage.prompt
        case .completion: usage.completion
        case .accounts: accounts.data
        case .tier: terms.tier.rawValue
        case .keepsCacheLong: terms.keepsCacheLong ? 1 : 0
        case .path: path
        case .nextAt: nextAt.milliseconds
        case .attempts: attempts
        }
    }
}
