import ArgumentParser
import Domain

/// How a project accounts: the options that both `project create` and `project update` take.
struct AccountingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where its days, weeks and months begin, as Europe/Berlin (UTC at first).", valueName: "name"),
        completion: .timeZone)
    var timeZone: String?

    @Option(
        help: ArgumentHelp(
            "inject (at first) asks the upstream for the usage of streams; observe touches nothing and estimates.",
            valueName: "inject|observe"), completion: .words(StreamUsage.self))
    var streamUsage: String?

    @Option(
        help: ArgumentHelp(
            "What becomes of a model without a price where cost is limited: refuse (at first), allow, or a price "
                + "as PROMPT/COMPLETION in dollars per million tokens.",
            valueName: "rule"), completion: .list(["refuse", "allow"]))
    var unpricedModels: String?

    var isEmpty: Bool { timeZone == nil && streamUsage == nil && unpricedModels == nil }
}
