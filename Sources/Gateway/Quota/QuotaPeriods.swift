import Domain

/// The calendar's periods of one moment, kept because asking a calendar costs a thousand times what a request
/// may.
struct QuotaPeriods: Sendable {
    private let periods: InlineArray<4, Period>
    private let validity: Period

    /// Asks the rule for every window.
    init(at moment: Timestamp, _ rule: PeriodRule) {
        let periods = InlineArray<4, Period> { rule(LimitWindow.calendar[$0], moment) }
        var (start, end) = (periods[0].start, periods[0].end)
        for index in periods.indices {
            precondition(periods[index].contains(moment), "a period that does not hold its moment")
            start = max(start, periods[index].start)
            end = min(end, periods[index].end)
        }
        self.periods = periods
        validity = Period(start: start, end: end)
    }

    /// These are the periods of that moment too.
    func hold(_ moment: Timestamp) -> Bool { validity.contains(moment) }

    /// nil for a window that has no periods.
    subscript(window: LimitWindow) -> Period? {
        switch window {
        case .hour: periods[0]
        case .day: periods[1]
        case .week: periods[2]
        case .month: periods[3]
        case .second, .minute, .lifetime: nil
        }
    }
}
