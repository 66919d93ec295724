import ArgumentParser
import Domain

/// How a project accounts and what it passes on: the options that both `project create` and `project update`
/// take.
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

    @Option(
        help: ArgumentHelp(
            "What becomes of a request without a maximum of output that does not fit into what is left of a quota: "
                + "fit (default) writes a maximum into it, refuse refuses it.",
            valueName: "fit|refuse"), completion: .words(UnboundedOutput.self))
    var unboundedOutput: String?

    @Option(
        help: ArgumentHelp(
            "Endpoints that Latchkey does not know: refuse (default) or allow.", valueName: "refuse|allow"),
        completion: .words(UnknownEndpoints.self))
    var unknownEndpoints: String?

    @Option(
        name: .customLong("openai-organization"),
        help: ArgumentHelp(
            "What the upstream is sent as OpenAI-Organization; 'none' sends none.", valueName: "id"))
    var openAIOrganization: String?

    @Option(
        name: .customLong("openai-project"),
        help: ArgumentHelp("What the upstream is sent as OpenAI-Project; 'none' sends none.", valueName: "id")
    )
    var openAIProject: String?

    var isEmpty: Bool {
        timeZone == nil && streamUsage == nil && unpricedModels == nil && unboundedOutput == nil
            && unknownEndpoints == nil && openAIOrganization == nil && openAIProject == nil
    }
}
