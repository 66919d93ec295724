import Domain

/// What usage is summed by: a row's names, without its moment.
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

extension UsageKey {
    /// From six columns that begin at `column`, in the order of the properties.
    init(from statement: RawStatement, at column: Int32) throws {
        guard let accuracy = Accuracy(rawValue: statement.text(column + 5)) else { throw StoreError.corrupt }
        project = statement.text(column)
        accessToken = statement.text(column + 1)
        model = statement.text(column + 2)
        endpoint = statement.text(column + 3)
        status = Int32(truncatingIfNeeded: statement.int(column + 4))
        self.accuracy = accuracy
    }
}
