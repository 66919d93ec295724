import Domain

/// What the coarser sums of usage are kept by: a usage key without its access token.
struct UsageGroupKey: Hashable {
    /// Empty where all projects are taken together.
    let project: String
    let model: String
    let endpoint: String
    let status: Int32
    let accuracy: String

    /// Of the key's project.
    init(_ key: UsageKey) {
        project = key.project
        model = key.model
        endpoint = key.endpoint
        status = key.status
        accuracy = key.accuracy.rawValue
    }

    /// From five columns that begin at `column`, in the order of the properties.
    init(from statement: RawStatement, at column: Int32) {
        project = statement.text(column)
        model = statement.text(column + 1)
        endpoint = statement.text(column + 2)
        status = Int32(truncatingIfNeeded: statement.int(column + 3))
        accuracy = statement.text(column + 4)
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
