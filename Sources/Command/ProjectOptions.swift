import Admin
import ArgumentParser
import Domain

/// What may be set of a project: the options that both `project create` and `project update` take, and how it
/// is shown.
struct ProjectOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where its days, weeks and months begin, as Europe/Berlin (default UTC).", valueName: "name"),
        completion: .timeZone)
    var timeZone: String?

    @Option(
        help: ArgumentHelp(
            "inject (default) asks the upstream for the usage of streams; observe touches nothing and "
                + "estimates.",
            valueName: "inject|observe"), completion: .words(StreamUsage.self))
    var streamUsage: String?

    @Option(
        help: ArgumentHelp(
            "What becomes of a model without a price where cost is limited: refuse (default), allow, or a "
                + "price as PROMPT/COMPLETION in dollars per million tokens.",
            valueName: "rule"), completion: .list(["refuse", "allow"]))
    var unpricedModels: String?

    @Option(
        help: ArgumentHelp(
            "What becomes of a request without a maximum of output that does not fit into what is left of a "
                + "quota: fit (default) writes a maximum into it, refuse refuses it.",
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

    @Option(help: ArgumentHelp("What it is for; an empty text removes it.", valueName: "text"))
    var description: String?

    var wire: ProjectResource.Fields {
        var fields = ProjectResource.Fields()
        fields.timeZone = timeZone
        fields.streamUsage = streamUsage
        fields.unpricedModels = unpricedModels
        fields.unboundedOutput = unboundedOutput
        fields.unknownEndpoints = unknownEndpoints
        fields.openAIOrganization = Given(option: openAIOrganization == "none" ? "" : openAIOrganization)
        fields.openAIProject = Given(option: openAIProject == "none" ? "" : openAIProject)
        fields.description = Given(option: description)
        return fields
    }
}

extension ProjectResource {
    /// What `project show` prints of it, but for its limits.
    var rows: [(String, String?)] {
        [
            ("id", id), ("name", name), ("description", description), ("state", state),
            ("upstream", upstreamURL),
            ("key", credential.map { "set \(Moment.text($0.createdAt))" } ?? "none"),
            ("created", Moment.text(createdAt)), ("changed", Moment.text(updatedAt)),
            ("time zone", timeZone), ("stream usage", streamUsage),
            ("unpriced models", unpricedModels), ("unbounded output", unboundedOutput),
            ("unknown endpoints", unknownEndpoints),
            ("OpenAI organization", openAIOrganization), ("OpenAI project", openAIProject),
        ]
    }
}

extension ProjectResource: ListedItem {
    static let sortKeys = ["name", "created_at"]
    static let plural = "projects"
    static let firstStep = "latchkey project create NAME --upstream-key-file FILE"
    static let columns: [Table.Column] = [
        .text("id", rank: 3), .text("name"), .text("state"), .text("upstream", rank: 1, least: 24),
        .text("key"), .time("created", rank: 4), .text("description", rank: 5, least: 12),
    ]

    func cells(_: ProjectNames) -> [String] {
        [
            id, name, state, upstreamURL, credential == nil ? "none" : "set", createdAt, description ?? "-",
        ]
    }
}

extension Given<String> {
    /// That of an option which an empty text clears.
    init(option text: String?) {
        self = text.map { $0.isEmpty ? .null : .value($0) } ?? .left
    }
}
