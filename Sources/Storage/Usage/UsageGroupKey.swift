import Domain
import GRDB

/// What the coarser sums of usage are kept by: a ledger row's names, without its moment and its access token.
/// A row of `usage_groups`, which has its number from the database, and a part of one of `usage_keys`.
struct UsageGroupKey: Hashable {
    /// Empty where all projects are taken together.
    private(set) var project: String
    /// The one that was asked for, else the one that answered, else empty.
    let model: String
    let endpoint: String
    let status: Int32
    let accuracy: Accuracy
    let attempt: Int32
    let upstream: String
    /// Empty where none was sent, and where all projects are taken together: a credential is one project's.
    private(set) var credential: String

    /// Of the row's project.
    init(of names: LedgerNames) {
        project = names.project.rawValue
        model = names.modelAsked?.rawValue ?? names.modelAnswered?.rawValue ?? ""
        endpoint = names.endpoint
        status = names.status
        accuracy = names.accuracy
        attempt = names.target.number
        upstream = names.target.upstream
        credential = names.target.credential?.rawValue ?? ""
    }

    /// The same of all projects together.
    var ofInstance: UsageGroupKey {
        var group = self
        group.project = ""
        group.credential = ""
        return group
    }

    /// Throws `corrupt` where no version wrote its credential.
    func target() throws -> AttemptTarget {
        let id = CredentialID(credential)
        guard id != nil || credential.isEmpty else { throw StoreError.corrupt }
        return AttemptTarget(number: attempt, upstream: upstream, credential: id)
    }
}

extension UsageGroupKey: NumberedRecord {
    enum Column: Int32, RecordColumn {
        case project, model, endpoint, status, accuracy, attempt, upstream, credential
    }

    static let table = RecordTable<Column>("usage_groups", keyCount: Column.allCases.count)

    init(from row: RecordRow<Column>) throws {
        project = try row.value(.project)
        model = try row.value(.model)
        endpoint = try row.value(.endpoint)
        status = try row.value(.status)
        accuracy = try row.parsed(.accuracy) { Accuracy(rawValue: $0) }
        attempt = try row.value(.attempt)
        upstream = try row.value(.upstream)
        credential = try row.value(.credential)
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .project: project
        case .model: model
        case .endpoint: endpoint
        case .status: status
        case .accuracy: accuracy.rawValue
        case .attempt: attempt
        case .upstream: upstream
        case .credential: credential
        }
    }
}
