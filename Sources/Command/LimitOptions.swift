import Admin
import ArgumentParser
import Domain

/// `--limit` and `--no-limits`: how much may be used.
struct LimitOptions: ParsableArguments {
    @Option(
        name: .customLong("limit"),
        help: ArgumentHelp(
            "A limit; repeat it for more. They replace those that were set.",
            discussion:
                "METRIC is requests, tokens, cost (in dollars) or concurrency (which has no window); "
                + "WINDOW is second, minute, hour, day, week, month or lifetime.",
            valueName: "metric=amount/window[:model-pattern]"),
        transform: LimitOptions.parse)
    var limits: [Limit] = []

    @Flag(help: "Without limits.")
    var noLimits = false

    var wire: Given<[LimitField]> {
        if noLimits { return .null }
        return limits.isEmpty ? .left : .value(limits.map { LimitField($0) })
    }

    func validate() throws {
        guard !noLimits || limits.isEmpty else {
            throw ValidationError("--no-limits may not stand beside --limit.")
        }
        do throws(LimitSet.Malformed) {
            _ = try LimitSet(limits)
        } catch {
            throw ValidationError("--limit: \(error.message)")
        }
    }

    private static func parse(_ argument: String) throws -> Limit {
        do throws(LimitTextError) {
            return try Limit(parsing: argument)
        } catch {
            throw ValidationError(error.message)
        }
    }

    /// Limits for people, one a row, behind a blank line; nothing where there are none.
    static func show(_ limits: [LimitResource]) {
        guard !limits.isEmpty else { return }
        Console.print("")
        Output.table(table(limits), more: "--json has all")
    }

    static func table(_ limits: [LimitResource]) -> Table {
        Table(
            columns: [
                .text("limit"), .number("amount"), .number("added", rank: 1), .number("used"),
                .number("held", rank: 2), .number("left"), .time("resets", rank: 3),
            ],
            rows: limits.map { limit in
                [
                    limit.limit, "\(limit.amount)", "\(limit.toppedUp)", "\(limit.used)", "\(limit.reserved)",
                    "\(limit.remaining)", limit.resetsAt ?? (limit.window == "lifetime" ? "never" : "-"),
                ]
            })
    }
}
