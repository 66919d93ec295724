import Domain
import GRDB

/// What usage is summed by: a ledger row's names, without its moment. A row of `usage_keys`, which has its
/// number from the database: its own column, and those of its group.
struct UsageKey: Hashable {
    let accessToken: String
    let group: UsageGroupKey

    init(of names: LedgerNames) {
        accessToken = names.accessToken.rawValue
        group = UsageGroupKey(of: names)
    }
}

extension UsageKey: NumberedRecord {
    enum Column: Int32, RecordColumn {
        case accessToken
    }

    static let table = RecordTable<Column>(
        "usage_keys", keyCount: 1 + UsageGroupKey.Column.allCases.count,
        followedBy: UsageGroupKey.Column.columnNames)

    init(from row: RecordRow<Column>) throws {
        accessToken = try row.value(.accessToken)
        group = try UsageGroupKey(from: row.rest())
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .accessToken: accessToken
        }
    }

    var rest: StatementArguments { group.values }
}
