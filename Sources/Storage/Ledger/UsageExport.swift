/// All rows of a report, in its order, in parts of bounded size. Each period is of one moment; another may be
/// of a later one.
package actor UsageExport {
    /// Rows of one part, and about how many are held until they are taken.
    private static let partLimit = 1000

    private let store: Store
    private let periods: [UsageQuery.Period]
    private var tally: UsageTally
    private var nextPeriod = 0
    /// What was read and not taken yet, with the place of its period.
    private var waiting: ArraySlice<(period: Int, group: UsageTally.Group)> = []

    init(_ tally: UsageTally, of store: Store) {
        self.store = store
        self.tally = tally
        periods = tally.periods
    }

    /// Empty once there are no more. Throws `rowsRetired` as a report does.
    package func next() async throws(StoreError) -> [UsageReport.Row] {
        if waiting.isEmpty { try await read() }
        let part = waiting.prefix(Self.partLimit)
        waiting = waiting.dropFirst(part.count)
        return part.map { tally.row(of: $0.group, in: periods[$0.period]) }
    }

    /// Reads periods until there is a part, or none is left.
    private func read() async throws(StoreError) {
        guard nextPeriod < periods.count else { return }
        let (found, tally, next) = try await store.database.read {
            [periods, tally, first = nextPeriod] database in
            var (tally, next) = (tally, first)
            var found: [(period: Int, group: UsageTally.Group)] = []
            while next < periods.count, found.count < Self.partLimit {
                found += try tally.groups(of: periods[next], in: database).map { (next, $0) }
                next += 1
            }
            return (found, tally, next)
        }
        self.tally = tally
        nextPeriod = next
        waiting = found[...]
    }
}
