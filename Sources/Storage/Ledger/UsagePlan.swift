import Domain

/// Where a report takes its sums from: whole quarters of an hour from the rollups, the rest from rows.
struct UsagePlan {
    /// Whole quarters of one period.
    struct Span {
        let period: Int
        let quarters: Range<Quarter>
    }

    /// A part of one quarter, `[start, end)`.
    struct Piece {
        let period: Int
        let quarter: Quarter
        let start: Timestamp
        let end: Timestamp
    }

    /// Rising, none of them empty.
    private(set) var rollups: [Span] = []
    private(set) var pieces: [Piece] = []

    /// `periods` rise and do not overlap; those that end where they begin, or before, are empty.
    init(_ periods: [UsageQuery.Period]) {
        for (index, period) in periods.enumerated() where period.start < period.end {
            let first = Quarter(of: period.start)
            let last = Quarter(of: period.end)
            let begin = first.start == period.start ? first : Quarter(number: first.number + 1)
            guard begin <= last else {
                pieces.append(Piece(period: index, quarter: first, start: period.start, end: period.end))
                continue
            }
            if period.start < begin.start {
                pieces.append(Piece(period: index, quarter: first, start: period.start, end: begin.start))
            }
            if begin < last { rollups.append(Span(period: index, quarters: begin..<last)) }
            if last.start < period.end {
                pieces.append(Piece(period: index, quarter: last, start: last.start, end: period.end))
            }
        }
    }
}
