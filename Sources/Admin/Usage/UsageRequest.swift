import Domain
import Storage

/// The query of `GET /manage/usage`, parsed strictly; whatever is wrong points at its parameter.
struct UsageRequest {
    static let names: Set<String> = [
        "from", "to", "month", "project", "token", "group_by", "time_zone", "limit", "cursor", "format",
    ]
    /// Stretches of time in one report: a year of hours, a lifetime of days.
    static let maximumPeriods = 10_000
    private static let maximumRows = 10_000

    let groups: [UsageGroup]
    let clock: CivilTime
    let query: UsageQuery

    /// Whose usage is asked for.
    struct Scope {
        var project: Project?
        var accessToken: AccessToken?
        /// Of the one project that it is about.
        var timeZone: String?
    }

    /// Without `month`, `from` is the beginning of this month and `to` the end of the day where they are not
    /// given.
    init(
        _ parameters: [String: String], scope: Scope, periods: (String) -> PeriodRule?, now: Timestamp
    ) throws(Problem) {
        let zone = parameters["time_zone"] ?? scope.timeZone ?? "UTC"
        guard let clock = CivilTime(zone: zone, rule: periods(zone)) else {
            throw Self.invalid(
                "time_zone", "there is no such time zone; it is a name as Europe/Berlin or UTC")
        }
        let groups = try Self.groups(parameters["group_by"])
        let (from, to) = try Self.span(parameters, clock, now: now)
        var query = UsageQuery(from: from, to: to, dimensions: groups.compactMap(\.dimension))
        query.periods = try Self.periods(groups, from, to, clock)
        query.project = scope.project?.id
        query.accessToken = scope.accessToken?.id
        query.limit = try Self.limit(parameters["limit"])
        query.cursor = parameters["cursor"]
        self.query = query
        self.groups = groups
        self.clock = clock
    }

    static func invalid(_ name: String, _ detail: String) -> Problem {
        .invalidFields([.init(pointer: "?\(name)", detail)])
    }

    private static func groups(_ text: String?) throws(Problem) -> [UsageGroup] {
        guard let text, !text.isEmpty else { return [] }
        var groups: [UsageGroup] = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let group = UsageGroup(String(word)) else {
                throw invalid("group_by", "it has to be a list with commas of some of: \(UsageGroup.rule)")
            }
            guard !groups.contains(group) else {
                throw invalid("group_by", "\(group.name) stands there twice")
            }
            groups.append(group)
        }
        return groups
    }

    private static func span(
        _ parameters: [String: String], _ clock: CivilTime, now: Timestamp
    ) throws(Problem) -> (from: Timestamp, to: Timestamp) {
        if let text = parameters["month"] {
            guard parameters["from"] == nil, parameters["to"] == nil else {
                throw invalid("month", "it is mutually exclusive with from and to")
            }
            guard let month = clock.period(ofMonth: text) else {
                throw invalid("month", "it must be a month, as 2026-11")
            }
            return (month.start, month.end)
        }
        let from = try moment(parameters, "from", clock) ?? clock.rule(.month, now).start
        let to = try moment(parameters, "to", clock) ?? clock.rule(.day, now).end
        guard from < to else { throw invalid("to", "it has to lie behind 'from'") }
        return (from, to)
    }

    private static func moment(
        _ parameters: [String: String], _ name: String, _ clock: CivilTime
    ) throws(Problem) -> Timestamp? {
        guard let text = parameters[name] else { return nil }
        guard let moment = clock.start(ofDate: text) ?? Timestamp(rfc3339: text) else {
            throw invalid(
                name, "it has to be a date, as 2026-11-01, or an RFC 3339 time, as 2026-11-01T12:00:00Z")
        }
        return moment
    }

    private static func periods(
        _ groups: [UsageGroup], _ from: Timestamp, _ to: Timestamp, _ clock: CivilTime
    ) throws(Problem) -> [UsageQuery.Period]? {
        let windows = groups.compactMap(\.window)
        guard !windows.isEmpty else { return nil }
        var periods: [UsageQuery.Period] = []
        var next = from
        while next < to {
            guard periods.count < maximumPeriods else {
                throw invalid(
                    "from", "that makes more than \(maximumPeriods) periods up to 'to': use longer ones")
            }
            // A week may lie in two months: a row is of one of each.
            let stretches = windows.map { clock.rule($0, next) }
            let start = stretches.map(\.start).max() ?? next
            let end = stretches.map(\.end).min() ?? to
            // Without a label: all forms are told by the start.
            periods.append(UsageQuery.Period(start: start, end: end, label: ""))
            next = end
        }
        return periods
    }

    private static func limit(_ text: String?) throws(Problem) -> Int {
        guard let text else { return 1000 }
        guard let number = Int(text), (1...maximumRows).contains(number) else {
            throw invalid("limit", "it has to be a number from 1 to \(maximumRows)")
        }
        return number
    }
}
