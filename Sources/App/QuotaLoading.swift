import Admin
import Domain
import Gateway
import NIOCore
import Storage

/// The counters of limits, over the clocks of the process and the calendars of the system.
extension LimitControl {
    init(_ book: QuotaBook) {
        self.init(
            book: book,
            moment: {
                QuotaMoment(wall: .now(), nanoseconds: NIODeadline.now().uptimeNanoseconds)
            },
            calendar: { CalendarPeriods(timeZone: $0)?.rule })
    }

    /// The start: the calendars of all projects, and the limits with what is written down of their counters;
    /// before the first request. Returns the projects whose time zone this system does not know: they are
    /// reckoned in the book's default.
    func load(_ records: AccessRecords) -> [Project] {
        let strangers = records.projects.filter { !setTimeZone($0.timeZone, of: $0.id) }
        for (subject, records) in records.limits { set(records, of: subject) }
        return strangers
    }
}
