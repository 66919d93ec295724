import Domain
import GRDB

/// What usage is summed by: a ledger row's names, without its moment. A row of `usage_keys`, which has its
/// number from the database.
struct UsageKey: Hashable {
    let project: String
    let accessToken: String
    /// The one that was asked for, else the one that answered, else empty.
    let model: String
    let endpoint: String
    let status: Int32
    let accuracy: Accuracy

    init(of names: LedgerNames) {
        project = names.project.rawValue
        accessToken = names.accessToken.rawValue
        model = names.modelAsked?.rawValue ?? names.modelAnswered?.rawValue ?? ""
        endpoint = names.endpoint
        status = names.status
        accuracy = names.accuracy
    }
}

extension UsageKey: NumberedRecord {
    enum Column: Int32, RecordColumn {
        case project, accessToken, model, endpoint, status, accuracy
    }

    static let table = RecordTable<Column>("usage_keys", keyCount: Column.allCases.count)

    init(from row: RecordRow<Column>) throws {
        project = try row.value(.project)
        accessToken = try row.value(.accessToken)
        model = try row.value(.model)
        endpoint = try row.value(.endpoint)
        status = try row.value(.status)
        accuracy = try row.parsed(.accuracy) { Accuracy(rawValue: $0) }
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .project: project
        case .accessToken: accessToken
        case .model: model
        case .endpoint: endpoint
        case .status: status
        case .accuracy: accuracy.rawValue
        }
    }
}
