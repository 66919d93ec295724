import ArgumentParser
import Foundation

/// A command whose things have limits.
protocol LimitOwnerCommand {
    /// `a project`.
    static var thing: String { get }
    static var identifier: ArgumentHelp { get }
    static var topUpExample: String { get }
    /// Of the identifier.
    static var completion: CompletionKind { get }

    static func path(_ id: String, _ client: ManagementClient) throws -> String
    static func show(_ answer: Data, _ client: ManagementClient, json: Bool) throws
}

struct LimitTopUp<Owner: LimitOwnerCommand>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "top-up",
            abstract: "Add to what a limit of \(Owner.thing) allows in its current period.",
            discussion: """
                Of a cost the amount is in dollars. Rates and concurrency cannot be topped up.

                Example:
                  \(Owner.topUpExample)
                """)
    }

    @Argument(help: Owner.identifier, completion: Owner.completion)
    var id: String

    @Argument(help: LimitChange.limitHelp, completion: .limit)
    var limit: String

    @Argument(help: "How much is added.")
    var amount: String

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws { _ = try LimitChange.topUp(limit, by: amount) }

    func run() throws {
        let body = try LimitChange.topUp(limit, by: amount)
        let client = try ManagementClient()
        try Owner.show(
            client.send("POST", Owner.path(id, client) + "/limits/top-up", body), client, json: json)
    }
}

struct LimitReset<Owner: LimitOwnerCommand>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "reset", abstract: "Let a limit of \(Owner.thing) count from nothing again.")
    }

    @Argument(help: Owner.identifier, completion: Owner.completion)
    var id: String

    @Argument(help: LimitChange.limitHelp, completion: .limit)
    var limit: String

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws { _ = try LimitChange.reset(limit) }

    func run() throws {
        let body = try LimitChange.reset(limit)
        let client = try ManagementClient()
        try Owner.show(
            client.send("POST", Owner.path(id, client) + "/limits/reset", body), client, json: json)
    }
}

extension ProjectCommand: LimitOwnerCommand {
    static let thing = "a project"
    static var identifier: ArgumentHelp { ArgumentHelp("The project's id or name.", valueName: "project") }
    static func path(_ id: String, _: ManagementClient) -> String { path(id) }
    static var completion: CompletionKind { .project }
    static let topUpExample = "latchkey project top-up acme cost/month 100"
}

extension TokenCommand: LimitOwnerCommand {
    static let thing = "an access token"
    static var identifier: ArgumentHelp {
        ArgumentHelp("The token's id, with lk_ or without, or its name where no other has it.")
    }
    static var completion: CompletionKind { .accessToken }
    static let topUpExample = "latchkey token top-up 0123456789ab cost/month 2.50"
}
