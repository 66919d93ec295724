import Domain

/// Where the sums of one period, `[start, end)`, come from: whole days of UTC where those are kept, whole
/// quarters of an hour, and the rows of what is left at its edges.
struct UsagePlan {
    /// A part of one quarter, `[start, end)`.
    struct Piece {
        let quarter: Quarter
        let start: Timestamp
        let end: Timestamp
    }

    /// Counted from 1970; nil where there are none.
    private(set) var days: Range<Int64>?
    /// None of them empty, and none a part of ``days``.
    private(set) var quarters: [Range<Quarter>] = []
    private(set) var pieces: [Piece] = []

    /// A period that ends where it begins, or before, is empty. `usesDays`: sums of whole days may be taken.
    init(from start: Timestamp, to end: Timestamp, usesDays: Bool) {
        guard start < end else { return }
        let first = Quarter(of: start)
        let last = Quarter(of: end)
        let begin = first.start == start ? first : Quarter(number: first.number + 1)
        guard begin <= last else {
            pieces = [Piece(quarter: first, start: start, end: end)]
            return
        }
        if start < begin.start { pieces.append(Piece(quarter: first, start: start, end: begin.start)) }
        if last.start < end { pieces.append(Piece(quarter: last, start: last.start, end: end)) }
        let firstDay = begin.isStartOfDay ? begin.day : begin.day + 1
        guard usesDays, firstDay < last.day else {
            if begin < last { quarters = [begin..<last] }
            return
        }
        days = firstDay..<last.day
        quarters = [begin..<Quarter(day: firstDay), Quarter(day: last.day)..<last].filter { !$0.isEmpty }
    }
}
