import Admin
import App
import ArgumentParser
import Domain

/// Which access tokens are meant: the options that both `token list` and `token revoke` take.
struct TokenFilterOptions: ParsableArguments {
    @Option(help: "Only those of this project (id or name).", completion: .project)
    var project: String?

    @Option(
        help: ArgumentHelp(
            "Only those with this name, '*' for any part of it and '?' for a character.", valueName: "pattern"
        ))
    var name: String?

    @Option(
        help: ArgumentHelp("Only those that are active, suspended, expired or revoked.", valueName: "status"),
        completion: .words(AccessToken.Status.self))
    var status: String?

    @Option(help: ArgumentHelp("Only those that this owner holds.", valueName: "text"))
    var owner: String?

    @Option(
        help: ArgumentHelp("Only those with this label, as team=search.", valueName: "name=value"),
        transform: LabelArgument.init(parsing:))
    var label: LabelArgument?

    @Option(
        help: ArgumentHelp(
            "Only those that were not used for so long (90d), or since a moment (2030-01-31T12:00:00Z).",
            valueName: "time"),
        transform: TokenFilterOptions.moment)
    var unusedSince: String?

    @Flag(help: "Only honey tokens; without this, revoking by filter leaves them alone.")
    var honey = false

    var wire: AccessTokenFilterFields {
        var fields = AccessTokenFilterFields()
        fields.project = project
        fields.name = name
        fields.status = status
        fields.owner = owner
        fields.label = label.map { "\($0.name):\($0.value)" }
        fields.unusedSince = unusedSince
        if honey { fields.honey = true }
        return fields
    }

    /// By the names of a list's query.
    var query: [String: String] {
        let fields = wire
        let values = [
            "project": fields.project, "name": fields.name, "status": fields.status, "owner": fields.owner,
            "label": fields.label, "unused_since": fields.unusedSince,
            "honey": fields.honey.map(String.init),
        ]
        return values.compactMapValues(\.self)
    }

    /// RFC 3339.
    private static func moment(_ argument: String) throws -> String {
        if let moment = Timestamp(rfc3339: argument) { return moment.rfc3339 }
        guard let milliseconds = Quantities.milliseconds(argument), milliseconds > 0 else {
            throw ValidationError("it has to be a time, as 90d, or a moment, as 2030-01-31T12:00:00Z")
        }
        return Timestamp.now().adding(milliseconds: -milliseconds).rfc3339
    }
}
