import Domain
import Foundation

/// How the clocks of one time zone show moments, and which moments their dates mean.
struct CivilTime {
    let zone: String
    /// Of the calendar's periods by those clocks.
    let rule: PeriodRule
    private let timeZone: TimeZone
    private let calendar: Calendar

    /// nil where there is no such time zone. `rule` knows its periods.
    init?(zone: String, rule: PeriodRule?) {
        guard let rule, let timeZone = TimeZone(identifier: zone) else { return nil }
        self.zone = zone
        self.rule = rule
        self.timeZone = timeZone
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = timeZone
        self.calendar = calendar
    }

    /// `2026-11-21`.
    func date(of moment: Timestamp) -> String {
        String(moment.adding(milliseconds: offset(at: moment)).rfc3339.prefix(10))
    }

    /// `2026-11`.
    func month(of moment: Timestamp) -> String { String(date(of: moment).prefix(7)) }

    /// Of ISO 8601, which begins on Monday: `2026-W48`. The year is that of its Thursday.
    func week(of moment: Timestamp) -> String {
        let date = Date(timeIntervalSince1970: Double(moment.milliseconds) / 1000)
        let parts = calendar.dateComponents([.yearForWeekOfYear, .weekOfYear], from: date)
        let week = parts.weekOfYear ?? 0
        return "\(parts.yearForWeekOfYear ?? 0)-W\(week < 10 ? "0" : "")\(week)"
    }

    /// RFC 3339 to the minute, with the offset that then holds: `2026-11-21T05:30:00+05:30`.
    func time(of moment: Timestamp) -> String {
        let offset = offset(at: moment)
        let local = moment.adding(milliseconds: offset).rfc3339.prefix(16)
        guard offset != 0 else { return local + ":00Z" }
        let minutes = abs(offset) / 60_000
        let digits = [minutes / 60, minutes % 60].map { ($0 < 10 ? "0" : "") + String($0) }
        return local + ":00" + (offset < 0 ? "-" : "+") + digits.joined(separator: ":")
    }

    /// The beginning of a day that is written `2026-11-21`; nil where it is written otherwise. No clock is
    /// changed at noon.
    func start(ofDate text: String) -> Timestamp? {
        guard text.utf8.count == 10, let noon = Timestamp(rfc3339: text + "T12:00:00Z") else { return nil }
        return rule(.day, noon.adding(milliseconds: -offset(at: noon))).start
    }

    /// The month that is written `2026-11`; nil where it is written otherwise.
    func period(ofMonth text: String) -> Period? {
        // The year after 9999 cannot be written.
        guard text.utf8.count == 7, text < "9999-12", let noon = Timestamp(rfc3339: text + "-15T12:00:00Z")
        else { return nil }
        return rule(.month, noon)
    }

    /// Milliseconds east of UTC.
    private func offset(at moment: Timestamp) -> Int64 {
        let date = Date(timeIntervalSince1970: Double(moment.milliseconds) / 1000)
        return Int64(timeZone.secondsFromGMT(for: date)) * 1000
    }
}
