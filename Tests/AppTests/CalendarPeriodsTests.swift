import Domain
import Foundation
import Testing

@testable import App

/// Where the periods of quotas begin and end, by the clocks of many time zones.
struct CalendarPeriodsTests {
    private func periods(_ zone: String) throws -> CalendarPeriods {
        try #require(CalendarPeriods(timeZone: zone))
    }

    private func moment(_ text: String) throws -> Timestamp {
        let date = try Date(text, strategy: .iso8601)
        return Timestamp(milliseconds: Int64(date.timeIntervalSince1970) * 1000)
    }

    @Test(arguments: ["Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe"])
    func `a rule tells what the calendar does, in whatever order it is asked`(_ zone: String) throws {
        let periods = try periods(zone)
        let rule = periods.rule
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let day = Int64.random(in: 20_000...20_003, using: &generator)
            let moment = Timestamp(
                milliseconds: day * 86_400_000 + .random(in: 0..<86_400_000, using: &generator))
            for window in [LimitWindow.hour, .day, .week, .month] {
                #expect(rule(window, moment) == periods.period(of: window, containing: moment))
            }
        }
    }

    @Test(
        arguments: [
            // Clocks go forward at 01:00 UTC, back at 01:00 UTC.
            ("Europe/Berlin", "day", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
            ("Europe/Berlin", "day", "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
            ("Europe/Berlin", "hour", "2026-03-29T00:59:59Z", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"),
            ("Europe/Berlin", "hour", "2026-10-25T00:30:00Z", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"),
            ("Europe/Berlin", "hour", "2026-10-25T01:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"),
            ("Europe/Berlin", "week", "2026-03-29T12:00:00Z", "2026-03-22T23:00:00Z", "2026-03-29T22:00:00Z"),
            (
                "Europe/Berlin", "month", "2026-03-01T00:00:00Z", "2026-02-28T23:00:00Z",
                "2026-03-31T22:00:00Z"
            ),
            (
                "Europe/Berlin", "month", "2026-10-31T23:30:00Z", "2026-10-31T23:00:00Z",
                "2026-11-30T23:00:00Z"
            ),
            // At 07:00 UTC, and at 06:00 UTC.
            (
                "America/New_York", "day", "2026-03-08T12:00:00Z", "2026-03-08T05:00:00Z",
                "2026-03-09T04:00:00Z"
            ),
            (
                "America/New_York", "day", "2026-11-01T12:00:00Z", "2026-11-01T04:00:00Z",
                "2026-11-02T05:00:00Z"
            ),
            (
                "America/New_York", "hour", "2026-11-01T05:59:00Z", "2026-11-01T05:00:00Z",
                "2026-11-01T06:00:00Z"
            ),
            (
                "America/New_York", "week", "2026-11-01T12:00:00Z", "2026-10-26T04:00:00Z",
                "2026-11-02T05:00:00Z"
            ),
            (
                "America/New_York", "month", "2026-11-21T00:00:00Z", "2026-11-01T04:00:00Z",
                "2026-12-01T05:00:00Z"
            ),
            ("Asia/Kolkata", "hour", "2026-11-21T00:29:59Z", "2026-11-20T23:30:00Z", "2026-11-21T00:30:00Z"),
            ("Asia/Kolkata", "day", "2026-11-20T18:29:59Z", "2026-11-19T18:30:00Z", "2026-11-20T18:30:00Z"),
            ("Asia/Kolkata", "month", "2026-11-30T18:30:00Z", "2026-11-30T18:30:00Z", "2026-12-31T18:30:00Z"),
            // Half an hour: back from +11:00 at 15:00 UTC, forward from +10:30 at 15:30 UTC.
            (
                "Australia/Lord_Howe", "day", "2026-04-05T00:00:00Z", "2026-04-04T13:00:00Z",
                "2026-04-05T13:30:00Z"
            ),
            (
                "Australia/Lord_Howe", "hour", "2026-04-04T14:30:00Z", "2026-04-04T14:00:00Z",
                "2026-04-04T15:00:00Z"
            ),
            (
                "Australia/Lord_Howe", "hour", "2026-04-04T15:10:00Z", "2026-04-04T15:00:00Z",
                "2026-04-04T15:30:00Z"
            ),
            (
                "Australia/Lord_Howe", "hour", "2026-10-03T15:40:00Z", "2026-10-03T15:30:00Z",
                "2026-10-03T16:00:00Z"
            ),
            ("UTC", "week", "2027-01-01T00:00:00Z", "2026-12-28T00:00:00Z", "2027-01-04T00:00:00Z"),
            ("UTC", "month", "2028-02-29T23:59:59Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"),
            // Midnight is skipped, and comes twice.
            ("Africa/Cairo", "day", "2026-04-24T12:00:00Z", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"),
        ] as [(String, String, String, String, String)])
    func `periods follow the clocks of the zone`(
        zone: String, window: String, at: String, start: String, end: String
    ) throws {
        let period = try periods(zone).period(
            of: #require(LimitWindow(rawValue: window)), containing: moment(at))

        #expect(try period == Period(start: moment(start), end: moment(end)))
    }

    @Test(arguments: [
        "UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/St_Johns", "America/Havana",
        "America/Santiago", "Africa/Cairo", "Africa/Casablanca", "Asia/Beirut", "Asia/Kolkata",
        "Asia/Kathmandu",
        "Asia/Gaza", "Atlantic/Azores", "Australia/Lord_Howe", "Australia/Adelaide", "Pacific/Chatham",
        "Pacific/Apia",
    ])
    func `the periods of a year leave no gap, and every moment is in its own`(zone: String) throws {
        let periods = try periods(zone)
        let (first, last) = (try moment("2026-01-01T00:00:00Z"), try moment("2027-01-02T00:00:00Z"))
        for window in LimitWindow.calendar {
            var count = 0
            var at = first
            while at < last {
                let period = periods.period(of: window, containing: at)
                let middle = Timestamp(
                    milliseconds: (period.start.milliseconds + period.end.milliseconds) / 2)
                for moment in [period.start, middle, period.end.adding(milliseconds: -1)] {
                    let again = periods.period(of: window, containing: moment)
                    #expect(again == period, "\(window) of \(moment.rfc3339): \(again) is not \(period)")
                }
                let hours = (period.start.milliseconds...period.end.milliseconds).count / 3_600_000
                #expect(
                    window != .day || (23...25).contains(hours), "\(period.start.rfc3339): \(hours) hours")
                guard at < period.end else { break }
                at = period.end
                count += 1
            }
            let expected: [LimitWindow: ClosedRange<Int>] = [
                .hour: 8784...8790, .day: 366...368, .week: 53...54, .month: 13...14,
            ]
            #expect(expected[window]?.contains(count) == true, "\(count) of \(window)")
        }
    }

    @Test func `the moment itself is always within`() throws {
        let periods = try periods("Europe/Berlin")
        for milliseconds in [-1, 0, 1, 1_790_000_000_999, 1_790_000_000_001, 4_102_444_799_999] as [Int64] {
            for window in LimitWindow.calendar {
                let moment = Timestamp(milliseconds: milliseconds)
                #expect(periods.rule(window, moment).contains(moment))
            }
        }
    }

    @Test(arguments: ["UTC", "Europe/Berlin", "Pacific/Kiritimati", "Pacific/Midway"])
    func `a moment of no calendar falls into the period of the nearest one that is written`(zone: String)
        throws
    {
        let periods = try periods(zone)
        for (moment, nearest) in [
            (Int64.min, Timestamp.written.lowerBound), (.min + 1, Timestamp.written.lowerBound),
            (.max - 1, Timestamp.written.upperBound), (.max, Timestamp.written.upperBound),
        ] {
            for window in LimitWindow.calendar {
                let period = periods.rule(window, Timestamp(milliseconds: moment))
                #expect(period.contains(nearest))
            }
        }
    }

    @Test(arguments: ["", "Mars/Olympus", "europe"])
    func `a time zone that nobody knows is refused`(id: String) {
        #expect(CalendarPeriods(timeZone: id) == nil)
    }
}
