/// Counts durations in fixed buckets, as Prometheus wants them: cumulative when written, plain while
/// counting.
struct Histogram: Sendable {
    /// Upper bounds in nanoseconds: from an answer out of a cache to a long reasoning one.
    static let bounds: [Int64] = [
        1_000_000, 5_000_000, 10_000_000, 50_000_000, 100_000_000, 500_000_000, 1_000_000_000, 5_000_000_000,
        10_000_000_000, 60_000_000_000, 600_000_000_000,
    ]
    static let labels = ["0.001", "0.005", "0.01", "0.05", "0.1", "0.5", "1", "5", "10", "60", "600"]

    private(set) var counts = [UInt64](repeating: 0, count: bounds.count + 1)
    /// In nanoseconds; wide, for a server that is full for a month gets beyond 64 bits.
    private(set) var sum: Int128 = 0

    mutating func add(_ nanoseconds: Int64) {
        var index = 0
        while index < Self.bounds.count, nanoseconds > Self.bounds[index] { index += 1 }
        counts[index] += 1
        sum += Int128(nanoseconds)
    }

    mutating func add(_ other: Histogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        sum += other.sum
    }
}
