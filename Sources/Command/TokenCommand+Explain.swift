import Admin
import ArgumentParser
import Domain

/// `latchkey token explain`: which limits would refuse a request.
extension TokenCommand {
    struct Explain: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what would become of a request now, and why.",
            discussion: """
                By the code that admits requests; nothing is taken of any limit. Exits with 0 whatever the answer is.

                Examples:
                  latchkey token explain e8nJXJo2nwbv --model gpt-6-luna --tokens 20000
                """)

        @Argument(help: TokenCommand.identifier, completion: .accessToken)
        var id: String

        @Option(help: "The model that is asked for.", completion: .model)
        var model: String?

        @Option(help: "Prompt and completion tokens together.")
        var tokens: Int64?

        @Option(help: ArgumentHelp("In place of --tokens: those of the prompt.", valueName: "tokens"))
        var promptTokens: Int64?

        @Option(help: ArgumentHelp("In place of --tokens: those of the output.", valueName: "tokens"))
        var maxOutputTokens: Int64?

        @Option(
            help: "The endpoint, as chat_completions, or the path that is posted to, as /v1/threads/runs.",
            completion: .words(EndpointKind.self))
        var endpoint: String?

        @Option(
            help: ArgumentHelp("US dollars; by the model's price if left out.", valueName: "amount"))
        var cost: String?

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            let body = ExplainRequest(
                model: model, endpoint: endpoint, tokens: tokens, promptTokens: promptTokens,
                maxOutputTokens: maxOutputTokens, costUSD: cost)
            let answer = try client.send("POST", TokenCommand.path(id, client) + "/explain", body)
            guard !json else { return Console.print(answer) }
            let explanation = try client.decode(ExplanationResource.self, from: answer)
            Console.print(Self.text(explanation))
        }

        static func text(_ explanation: ExplanationResource) -> String {
            let size = "\(explanation.tokens) tokens and \(explanation.costUSD) USD at most"
            guard !explanation.admitted else { return "It would be admitted: \(size)." }
            let lines = explanation.refusals.map { "  \($0.status) \($0.reason): \($0.message)" }
            return (["It would be refused (\(size)):"] + lines).joined(separator: "\n")
        }
    }
}
