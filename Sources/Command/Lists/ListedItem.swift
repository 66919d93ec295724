/// What one of the `list` commands lists: how the server sorts it, how people see it, and what to do where
/// there is none.
protocol ListedItem: Codable, Sendable {
    /// What it can be sorted by, in the API's words.
    static var sortKeys: [String] { get }
    /// How many are listed where `--limit` is not given; nil: all.
    static var standardLimit: Int? { get }
    static var columns: [Table.Column] { get }
    /// `access tokens`.
    static var plural: String { get }
    /// The command that makes the first.
    static var firstStep: String { get }
    /// The project that it belongs to, if one.
    var projectID: String? { get }

    /// One for each of the columns.
    func cells(_ projects: ProjectNames) -> [String]
}

extension ListedItem {
    static var standardLimit: Int? { nil }
    var projectID: String? { nil }

    static func table(_ items: [Self], _ projects: ProjectNames = .none) -> Table {
        Table(columns: columns, rows: items.map { $0.cells(projects) })
    }

    /// What is said where nothing is listed. `isFiltered`: it was not asked for all.
    static func nothing(isFiltered: Bool) -> String {
        isFiltered
            ? "No \(plural) fit these options."
            : "There are no \(plural) yet. Next: \(firstStep)"
    }
}
