import Admin
import ArgumentParser
import Domain

/// `--owner` and `--label`: who holds an access token, and how it is labelled.
struct HolderOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Who holds it, such as an e-mail address.", valueName: "text"))
    var owner: String?

    @Option(
        name: .customLong("label"),
        help: ArgumentHelp(
            "A label, as team=search, to list and report by; repeat it for more.", valueName: "name=value"),
        transform: LabelArgument.init(parsing:))
    var labels: [LabelArgument] = []

    var wire: HolderFields {
        var fields = HolderFields()
        if let owner { fields.owner = .value(owner) }
        if !labels.isEmpty {
            fields.labels = .value(
                Dictionary(labels.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }))
        }
        return fields
    }
}

/// What `token update` takes away again.
struct HolderRemovals: ParsableArguments {
    @Flag(help: "Nobody in particular holds it.")
    var noOwner = false

    @Option(
        name: .customLong("no-label"),
        help: ArgumentHelp("A label to take away; repeat it for more.", valueName: "name"))
    var labels: [String] = []

    @Flag(help: "Without labels.")
    var noLabels = false

    func apply(to fields: HolderFields) -> HolderFields {
        var fields = fields
        if noOwner { fields.owner = .null }
        if noLabels { fields.labels = .null }
        guard !labels.isEmpty, !noLabels else { return fields }
        var changes: [String: String?] = [:]
        if case .value(let given) = fields.labels { changes = given }
        for name in labels { changes.updateValue(nil, forKey: name) }
        fields.labels = .value(changes)
        return fields
    }
}

/// `team=search`.
struct LabelArgument: Equatable {
    let name: String
    let value: String

    /// Throws what stands behind "the value is invalid".
    init(parsing argument: String) throws {
        guard let sign = argument.firstIndex(of: "="), sign != argument.startIndex else {
            throw ValidationError("it has to be a name, '=' and a value, as team=search")
        }
        name = String(argument[..<sign])
        value = String(argument[argument.index(after: sign)...])
    }
}
