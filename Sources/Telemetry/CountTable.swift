/// Counts by a label and a column: a row for every label seen, in the order in which they came.
///
/// Labels are of a bounded set and nearly always one of the first few, and a label's text is the same
/// constant every time: looking a row up compares a few words, and hashes nothing.
struct CountTable: Sendable {
    /// More labels than any of the sets has; what comes after is counted as ``overflow``.
    static let capacity = 64
    static let overflow = "other"

    private(set) var labels: [String] = []
    private var counts: [UInt64] = []
    private let columns: Int

    init(columns: Int = 1) { self.columns = columns }

    mutating func add(_ label: String, column: Int = 0, count: UInt64 = 1) {
        counts[row(of: label) * columns + column] += count
    }

    mutating func add(_ other: CountTable) {
        for (row, label) in other.labels.enumerated() {
            for column in 0..<columns {
                add(label, column: column, count: other.counts[row * columns + column])
            }
        }
    }

    /// What was counted at all: by label, then by column.
    var samples: [(label: String, column: Int, count: UInt64)] {
        labels.enumerated().sorted { $0.element < $1.element }.flatMap { row, label in
            (0..<columns).map { (label, $0, counts[row * columns + $0]) }
        }.filter { $0.count > 0 }
    }

    private mutating func row(of label: String) -> Int {
        if let row = labels.firstIndex(of: label) { return row }
        guard labels.count < Self.capacity else {
            return labels.firstIndex(of: Self.overflow) ?? append(Self.overflow)
        }
        return append(label)
    }

    private mutating func append(_ label: String) -> Int {
        labels.append(label)
        counts.append(contentsOf: repeatElement(0, count: columns))
        return labels.count - 1
    }
}
