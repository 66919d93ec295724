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
            Times are dates (the beginning of that day in the time zone) or RFC 3339; what lies at --to or behind it is \
            left out. Without them it is the month so far, with --month all of one month. \
            Weeks begin on Monday (ISO 8601). Revoked access tokens and archived projects are in it. \
            'estimated' counts the requests whose usage the upstream did not tell.

            Examples:
              latchkey usage --project acme --by day,model
              latchkey usage --month 2026-11 --by project,token --csv > november.csv
              latchkey usage --from 2026-01-01 --to 2027-01-01 --by month,owner
              latchkey usage --by owner,label:team
            """)

    @Option(help: "Only this project (id or name).")
    var project: String?

    @Option(help: "Only this access token (id).")
    var token: String?

    @Option(help: ArgumentHelp("From when on; the beginning of the month if left out.", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("Until when; the end of today if left out.", valueName: "time"))
    var to: String?

    @Option(
        help: ArgumentHelp("All of this month, in place of --from and --to: 2026-11.", valueName: "month"))
    var month: String?

    @Option(
        help: ArgumentHelp(
            "What rows are told apart by, with commas: month, week, day, hour, model, token, lineage, project, "
                + "endpoint, status, owner, label:NAME.",
            valueName: "list"))
    var by: String?

    @Option(
        help: ArgumentHelp(
            "Whose days and hours, as Europe/Berlin; the project's, or else UTC, if left out.",
            valueName: "name"))
    var timeZone: String?

    @Flag(help: "Print CSV.")
    var csv = false

    @Flag(help: "Print JSON: {\"rows\": […], \"total\": …}.")
    var json = false

    func validate() throws {
        guard !csv || !json else { throw ValidationError("--csv and --json do not go together") }
        guard month == nil || from == nil && to == nil else {
            throw ValidationError("give --month, or --from and --to, not both")
        }
    }

    func run() throws {
        let report = try all(ManagementClient())
        let groups = by?.split(separator: ",").map(String.init) ?? []
        if json { return try Output.json(report) }
        if csv {
            let text = Self.csv(report, groups)
            return Console.print(String(text.dropLast(text.hasSuffix("\r\n") ? 1 : 0)))
        }
        Console.print(Self.table(report, groups))
        Console.printError("From \(report.from) to \(report.to), days of \(report.timeZone).")
    }

    /// Later pages are asked for the span and the time zone that the first one told.
    private func all(_ client: ManagementClient) throws -> UsageResource {
        var query = [
            "project": project, "token": token, "from": from, "to": to, "month": month, "group_by": by,
            "time_zone": timeZone, "limit": "10000",
        ].compactMapValues { $0 }
        var report: UsageResource?
        repeat {
            query["cursor"] = report?.nextCursor
            let text = query.sorted { $0.key < $1.key }
                .map { "\($0.key)=\(ManagementClient.escape($0.value))" }.joined(separator: "&")
            var page = try client.decode(
                UsageResource.self, from: client.send("GET", "/manage/usage?" + text))
            page.rows = (report?.rows ?? []) + page.rows
            report = page
            query["month"] = nil
            query["from"] = page.from
            query["to"] = page.to
            query["time_zone"] = page.timeZone
        } while report?.nextCursor != nil
        guard let report else { preconditionFailure("a loop that runs at least once") }
        return report
    }

    static func csv(_ report: UsageResource, _ groups: [String]) -> String {
        var text = CSVText()
        text.append(row: UsageRowResource.titles(of: groups) + UsageAmounts.titles)
        for row in report.rows { text.append(row: row.cells(of: groups) + row.amounts.cells) }
        return text.text
    }

    /// With the sum of all in its last line, where there is more than one.
    static func table(_ report: UsageResource, _ groups: [String]) -> String {
        let keys = UsageRowResource.titles(of: groups)
        let amounts = [
            "requests", "prompt", "completion", "cached", "reasoning", "audio", "cost USD", "estimated",
        ]
        var rows = report.rows.map { $0.cells(of: groups) + $0.amounts.cells }
        if !groups.isEmpty {
            rows.append(
                keys.indices.map { $0 == 0 ? "total" : "" } + report.total.cells)
        }
        return Table(
            titles: keys.map { $0.replacing("_", with: " ") } + amounts, rows: rows,
            numbers: keys.count..<(keys.count + amounts.count)
        ).text
    }
}
