import Admin
import ArgumentParser
import Domain
import Foundation

/// `latchkey usage`: what was used, as a table, CSV or JSON; all pages in one.
struct UsageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage",
        abstract: "Report what was used: requests, tokens and cost.",
        discussion: """
            Times are dates (the beginning of that day in the time zone) or RFC 3339; what lies at --to or \
            behind it is \
            left out. Without them it is the month so far, with --month all of one month. \
            Weeks begin on Monday (ISO 8601). Revoked access tokens and archived projects are in it. \
            'estimated' counts the requests whose usage the upstream did not tell, 'unpriced' those of a model
            without a price, whose cost is not counted.

            Examples:
              latchkey usage --project acme --by day,model
              latchkey usage --month 2026-11 --by project,token --csv > november.csv
              latchkey usage --from 2026-01-01 --to 2027-01-01 --by month,owner
              latchkey usage --by owner,label:team
              latchkey usage --by upstream,attempt,status
            """)

    /// What `--by` takes, but for labels.
    private static let groups = [
        "month", "week", "day", "hour", "model", "token", "lineage", "project", "endpoint", "status",
        "attempt", "upstream", "credential", "owner",
    ]

    @Option(help: "Only this project (id or name).", completion: .project)
    var project: String?

    @Option(help: "Only this access token (id or name).", completion: .accessToken)
    var token: String?

    @Option(help: ArgumentHelp("From when on; the beginning of the month if left out.", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("Until when; the end of today if left out.", valueName: "time"))
    var to: String?

    @Option(
        help: ArgumentHelp("All of this month, in place of --from and --to: 2026-11.", valueName: "month"),
        completion: .month)
    var month: String?

    @Option(
        help: ArgumentHelp(
            "What rows are told apart by, with commas: "
                + (Self.groups + ["label:NAME."]).joined(separator: ", "),
            valueName: "list"), completion: .commaSeparated(Self.groups))
    var by: String?

    @Option(
        help: ArgumentHelp(
            "Whose days and hours, as Europe/Berlin; the project's, or else UTC, if left out.",
            valueName: "name"), completion: .timeZone)
    var timeZone: String?

    @Option(
        parsing: .unconditional, help: SortKey.help(UsageAmounts.titles),
        completion: SortKey.completions(UsageAmounts.titles))
    var sort: String?

    @Option(help: ArgumentHelp("How many rows at most, from 1 up; all if left out.", valueName: "number"))
    var limit: Int?

    @Flag(help: "Show all columns, also where the terminal is too narrow for them.")
    var wide = false

    @Flag(help: "Print CSV.")
    var csv = false

    @Flag(help: "Print JSON: {\"rows\": […], \"total\": …}.")
    var json = false

    func validate() throws {
        guard !csv || !json else { throw ValidationError("--csv and --json do not go together") }
        guard month == nil || from == nil && to == nil else {
            throw ValidationError("give --month, or --from and --to, not both")
        }
        try SortKey.checkLimit(limit)
        _ = try sort.map { try SortKey(parsing: $0, of: UsageAmounts.titles) }
    }

    func run() throws {
        let client = try ManagementClient()
        let token = try token.map { try client.id(of: .accessToken, $0) }
        if csv, sort == nil, limit == nil {
            return try client.download(path(["token": token, "format": "csv"]), to: STDOUT_FILENO)
        }
        var report = try all(client, token)
        let found = report.rows.count
        report.rows = try chosen(from: report.rows)
        let groups = by?.split(separator: ",").map(String.init) ?? []
        if json { return try Output.json(report) }
        if csv {
            let text = Self.csv(report, groups)
            return Console.print(data: String(text.dropLast(text.hasSuffix("\r\n") ? 1 : 0)))
        }
        Output.table(Self.table(report, groups), isWide: wide)
        let (from, to) = (Moment.text(report.from), Moment.text(report.to))
        Console.printError("From \(from) to \(to), time zone \(report.timeZone).")
        if found > report.rows.count {
            Console.printError("There are \(found) rows: a higher --limit shows them. The total is of all.")
        }
        if found == 0 {
            Console.printError("Nothing was used in this time: --month, or --from and --to, name another.")
        }
    }

    /// In the order and the number that were asked for.
    private func chosen(from rows: [UsageRowResource]) throws -> [UsageRowResource] {
        var rows = rows
        if let sort = try sort.map({ try SortKey(parsing: $0, of: UsageAmounts.titles) }) {
            let column = UsageAmounts.titles.firstIndex(of: sort.key) ?? 0
            func value(_ row: UsageRowResource) -> Int64 {
                let cell = row.amounts.cells[column]
                return Int64(cell) ?? Money(cell)?.nanoUSD ?? 0
            }
            sort.sort(&rows) { value($0) < value($1) }
        }
        return Array(rows.prefix(limit ?? .max))
    }

    private func path(_ more: [String: String?]) -> String {
        let query = [
            "project": project, "from": from, "to": to, "month": month, "group_by": by,
            "time_zone": timeZone,
        ]
        let text = query.merging(more) { $1 }.compactMapValues { $0 }.sorted { $0.key < $1.key }
            .map { "\($0.key)=\(ManagementClient.escape($0.value))" }.joined(separator: "&")
        return "/manage/usage?" + text
    }

    /// Later pages are asked for the span and the time zone that the first one told.
    private func all(_ client: ManagementClient, _ token: String?) throws -> UsageResource {
        func page(_ more: [String: String?]) throws -> UsageResource {
            try client.decode(
                UsageResource.self,
                from: client.send("GET", path(more.merging(["token": token, "limit": "10000"]) { $1 })))
        }
        var report = try page([:])
        while let cursor = report.nextCursor {
            let next = try page([
                "cursor": cursor, "month": nil, "from": report.from, "to": report.to,
                "time_zone": report.timeZone,
            ])
            report.rows += next.rows
            report.nextCursor = next.nextCursor
        }
        return report
    }

    static func csv(_ report: UsageResource, _ groups: [String]) -> String {
        var text = CSVText()
        text.append(row: UsageRowResource.titles(of: groups) + UsageAmounts.titles)
        for row in report.rows { text.append(row: row.cells(of: groups) + row.amounts.cells) }
        return text.text
    }

    /// With the sum of all in its last line, where there is more than one.
    static func table(_ report: UsageResource, _ groups: [String]) -> Table {
        let keys = UsageRowResource.titles(of: groups)
        var rows = report.rows.map { $0.cells(of: groups) + $0.amounts.cells }
        let columns = keys.map(column)
        if let first = columns.firstIndex(where: { $0.rank == 0 }) {
            rows.append(keys.indices.map { $0 == first ? "total" : "" } + report.total.cells)
        }
        return Table(columns: columns + amounts, rows: rows)
    }

    private static let amounts: [Table.Column] = [
        .number("requests"), .number("prompt", rank: 1), .number("completion", rank: 1),
        .number("cached", rank: 5), .number("reasoning", rank: 6), .number("audio", rank: 7),
        .number("cost USD"), .number("estimated", rank: 4),
        .number("unpriced", rank: 4),
    ]

    /// An id goes before the name beside it does.
    private static func column(_ key: String) -> Table.Column {
        switch key {
        case "project", "token": .text(key, rank: 3)
        case "day", "hour", "week", "month": .text(key)
        default: .text(key.replacing("_", with: " "), least: 12)
        }
    }
}
