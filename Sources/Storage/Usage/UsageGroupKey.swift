import Domain
import GRDB

/// What the coarser sums of usage are kept by: a usage key without its access token. A row of `usage_groups`,
/// which has its number from the database.
struct UsageGroupKey: Hashable {
    /// Empty where all projects are taken together.
    let project: String
    let model: String
    let endpoint: String
    let status: Int32
    let accuracy: Accuracy

    /// Of the key's project.
    init(_ key: UsageKey) {
        project = key.project
        model = key.model
        endpoint = key.endpoint
        status = key.status
        accuracy = key.accuracy
    }

    private init(project: String, _ other: UsageGroupKey) {
        self.project = project
        model = other.model
        endpoint = other.endpoint
        status = other.status
        accuracy = other.accuracy
    }

    /// The same of all projects together.
    var ofInstance: UsageGroupKey { UsageGroupKey(project: "", self) }
}

extension UsageGroupKey: NumberedRecord {
    enum Column: Int32, RecordColumn {
        case project, model, endpoint, status, accuracy
    }

    static let table = RecordTable<Column>("usage_groups", keyCount: Column.allCases.count)

    init(from row: RecordRow<Column>) throws {
        project = try row.value(.project)
        model = try row.value(.model)
        endpoint = try row.value(.endpoint)
        status = try row.value(.status)
        accuracy = try row.parsed(.accuracy) { Accuracy(rawValue: $0) }
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .project: project
        case .model: model
        case .endpoint: endpoint
        case .status: status
        case .accuracy: accuracy.rawValue
        }
    }
}
