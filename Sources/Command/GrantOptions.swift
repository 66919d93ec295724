import Admin
import App
import ArgumentParser
import Domain

/// What an access token may do: the options that both `token issue` and `token update` take.
struct GrantOptions: ParsableArguments {
    @Option(
        name: .customLong("model"),
        help: ArgumentHelp(
            "A model it may ask for, '*' for any part of its name; repeat it for "
                + "more.", valueName: "pattern"),
        completion: .model)
    var models: [String] = []

    @Option(
        name: .customLong("endpoint"),
        help: ArgumentHelp(
            "A part of the API it may call, as chat_completions; repeat it for more.", valueName: "name"),
        completion: .words(EndpointKind.self))
    var endpoints: [String] = []

    @Option(
        name: .customLong("network"),
        help: ArgumentHelp(
            "Where its requests may come from, as 10.0.0.0/8; repeat it for more.", valueName: "cidr"))
    var networks: [String] = []

    @Option(
        help: ArgumentHelp(
            "The first moment at which it works, as 2030-01-31T12:00:00Z.", valueName: "time"))
    var notBefore: String?

    @Option(
        help: ArgumentHelp(
            "It expires when it was not used for so long: 12h, 30d.", valueName: "time"),
        transform: GrantOptions.seconds)
    var idleExpiresIn: Int64?

    @Option(
        help: ArgumentHelp(
            "The most output tokens of one request, as 4096; with ':clamp' a request for more is lowered "
                + "to it, else it is refused.",
            valueName: "n[:clamp|refuse]"))
    var outputCap: String?

    @Option(
        help: ArgumentHelp(
            "What becomes of a request without a maximum of output that does not fit into what is left of "
                + "a quota: "
                + "fit writes a maximum into it, refuse refuses it (as its project has it by default).",
            valueName: "fit|refuse"), completion: .words(UnboundedOutput.self))
    var unboundedOutput: String?

    @Flag(help: "Any model.")
    var noModel = false

    @Flag(help: "Every endpoint but those that need a grant by name.")
    var noEndpoint = false

    @Flag(help: "From everywhere.")
    var noNetwork = false

    @Flag(help: "From now on.")
    var noNotBefore = false

    @Flag(help: "However long it is not used.")
    var noIdleExpiresIn = false

    @Flag(help: "No cap on output tokens.")
    var noOutputCap = false

    @Flag(help: "Unbounded output as its project has it.")
    var noUnboundedOutput = false

    func validate() throws {
        for (name, given, isCleared) in [
            ("model", !models.isEmpty, noModel), ("endpoint", !endpoints.isEmpty, noEndpoint),
            ("network", !networks.isEmpty, noNetwork), ("not-before", notBefore != nil, noNotBefore),
            ("idle-expires-in", idleExpiresIn != nil, noIdleExpiresIn),
            ("output-cap", outputCap != nil, noOutputCap),
            ("unbounded-output", unboundedOutput != nil, noUnboundedOutput),
        ] where given && isCleared {
            throw ValidationError("--no-\(name) may not stand beside --\(name).")
        }
    }

    var wire: GrantFields {
        var fields = GrantFields()
        fields.models = Self.given(models.isEmpty ? nil : models, isCleared: noModel)
        fields.endpoints = Self.given(endpoints.isEmpty ? nil : endpoints, isCleared: noEndpoint)
        fields.networks = Self.given(networks.isEmpty ? nil : networks, isCleared: noNetwork)
        fields.notBefore = Self.given(notBefore, isCleared: noNotBefore)
        fields.idleExpiresIn = Self.given(idleExpiresIn, isCleared: noIdleExpiresIn)
        fields.outputCap = Self.given(outputCap, isCleared: noOutputCap)
        fields.unboundedOutput = Self.given(unboundedOutput, isCleared: noUnboundedOutput)
        return fields
    }

    private static func given<Value>(_ value: Value?, isCleared: Bool) -> Given<Value> {
        isCleared ? .null : value.map { .value($0) } ?? .left
    }

    private static func seconds(_ argument: String) throws -> Int64 {
        guard let milliseconds = Quantities.milliseconds(argument), milliseconds >= 1000,
            milliseconds % 1000 == 0
        else { throw ValidationError("it has to be a time of whole seconds, as 90s, 45m, 12h or 30d") }
        return milliseconds / 1000
    }
}
