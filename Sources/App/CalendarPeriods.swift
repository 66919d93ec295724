package import Domain
import Foundation
import Synchronization

/// The calendar periods of one time zone: hours, days, weeks from Monday (ISO 8601) and months, as its clocks
/// show them.
///
/// The periods of a window follow on each other without a gap, also where clocks are changed: the day of a
/// change has 23 or 25 hours, and an hour ends where the clock jumps. Asking costs microseconds; whoever asks
/// often keeps the answer until it ends.
package struct CalendarPeriods: Sendable {
    private let calendar: Calendar

    /// nil where the system knows no such time zone (`Europe/Berlin`, `Asia/Kolkata`, `UTC`).
    package init?(timeZone id: String) {
        guard let zone = TimeZone(identifier: id) else { return nil }
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = zone
        self.calendar = calendar
    }

    /// It remembers the last period of each window: a start asks for those of all limits, and one follows
    /// another of the same time.
    package var rule: PeriodRule {
        let last = LastPeriods()
        return { window, moment in
            if let period = last.periods.withLock({ $0[window] }), period.contains(moment) { return period }
            let period = period(of: window, containing: moment)
            last.periods.withLock { $0[window] = period }
            return period
        }
    }

    private final class LastPeriods: Sendable {
        let periods = Mutex<[LimitWindow: Period]>([:])
    }

    /// `window` is one of ``LimitWindow/calendar``.
    ///
    /// A moment that cannot be written (``Timestamp/written``) falls into the period of the nearest that can.
    package func period(of window: LimitWindow, containing moment: Timestamp) -> Period {
        let moment = moment.clamped
        let unit: Calendar.Component
        switch window {
        case .hour: return hour(containing: moment)
        case .day: unit = .day
        case .week: unit = .weekOfYear
        case .month: unit = .month
        case .second, .minute, .lifetime: preconditionFailure("a \(window.rawValue) is no calendar period")
        }
        guard let interval = calendar.dateInterval(of: unit, for: date(moment)) else {
            preconditionFailure("the calendar does not know the \(unit) of \(moment.rfc3339)")
        }
        return Period(start: timestamp(interval.start), end: timestamp(interval.end))
    }

    /// Where the clock is changed within an hour that it shows, the hour is cut at that moment.
    private func hour(containing moment: Timestamp) -> Period {
        let length: Int64 = 3_600_000
        let offset = offset(at: moment)
        let local = moment.milliseconds + offset
        let start = local - (local % length + length) % length - offset
        var (first, last) = (start, start + length)
        if self.offset(at: Timestamp(milliseconds: first)) != offset {
            first = firstMillisecond(of: offset, after: first, until: moment.milliseconds)
        }
        if self.offset(at: Timestamp(milliseconds: last - 1)) != offset {
            let next = self.offset(at: Timestamp(milliseconds: last - 1))
            last = firstMillisecond(of: next, after: moment.milliseconds, until: last - 1)
        }
        return Period(start: Timestamp(milliseconds: first), end: Timestamp(milliseconds: last))
    }

    /// The clock has another offset at `low`, and this one at `high`.
    private func firstMillisecond(of offset: Int64, after low: Int64, until high: Int64) -> Int64 {
        var (low, high) = (low, high)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if self.offset(at: Timestamp(milliseconds: middle)) == offset {
                high = middle
            } else {
                low = middle
            }
        }
        return high
    }

    /// Milliseconds east of UTC.
    private func offset(at moment: Timestamp) -> Int64 {
        Int64(calendar.timeZone.secondsFromGMT(for: date(moment))) * 1000
    }

    private func date(_ moment: Timestamp) -> Date {
        Date(timeIntervalSince1970: Double(moment.milliseconds) / 1000)
    }

    private func timestamp(_ date: Date) -> Timestamp {
        Timestamp(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
    }
}
