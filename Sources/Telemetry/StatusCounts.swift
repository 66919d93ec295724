/// Counts of statuses: one for each of 100 to 599, and one for whatever else an upstream makes up.
struct StatusCounts: Sendable {
    private static let known = 100..<600

    private var counts = [UInt64](repeating: 0, count: known.count + 1)

    mutating func add(_ status: Int) {
        counts[Self.known.contains(status) ? status - Self.known.lowerBound : Self.known.count] += 1
    }

    mutating func add(_ other: StatusCounts) {
        for index in counts.indices { counts[index] += other.counts[index] }
    }

    /// What was counted at all, in rising order, `other` last.
    var samples: [(label: String, count: UInt64)] {
        counts.indices.filter { counts[$0] > 0 }.map { index in
            (index < Self.known.count ? String(Self.known.lowerBound + index) : "other", counts[index])
        }
    }
}
