import Admin
import ArgumentParser
import Domain

/// `latchkey token explain`: which limits would refuse a request.
extension TokenCommand {
    struct Explain: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what would become of a request now, and why.",
            discussion: """
                By the code that admits requests; nothing is taken of any limit. Exits with 0 whatever the \
                answer is.

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

        @Option(
            help: ArgumentHelp(
                "In place of --tokens: the maximum of output that it names, for each choice.",
                valueName: "tokens"))
        var maxOutputTokens: Int64?

        @Option(
            help: "The endpoint, as chat_completions, or a path, as /v1/threads/runs.",
            completion: .words(EndpointKind.self))
        var endpoint: String?

        @Option(
            help: "Of a path: GET, HEAD, POST (default) or DELETE.",
            completion: .list(["GET", "HEAD", "POST", "DELETE"]))
        var method: String?

        @Option(help: "The IP address that it comes from; one that is granted if left out.")
        var address: String?

        @Option(help: ArgumentHelp("How many choices are asked for.", valueName: "choices"))
        var n: Int64?

        @Option(
            help: ArgumentHelp("US dollars; by the model's price if left out.", valueName: "amount"))
        var cost: String?

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            var body = ExplainRequest()
            (body.model, body.endpoint, body.method, body.address) = (model, endpoint, method, address)
            (body.choices, body.tokens, body.promptTokens) = (n, tokens, promptTokens)
            (body.maxOutputTokens, body.costUSD) = (maxOutputTokens, cost)
            let answer = try client.send("POST", TokenCommand.path(id, client) + "/explain", body)
            guard !json else { return Console.print(answer) }
            let explanation = try client.decode(ExplanationResource.self, from: answer)
            Console.print(Self.text(explanation))
        }

        static func text(_ explanation: ExplanationResource) -> String {
            let size = "\(explanation.tokens) tokens and \(explanation.costUSD) USD at most"
            guard !explanation.admitted else {
                let written = explanation.outputLimit.map {
                    " Its output is limited to \($0) tokens, which is what fits into its quotas."
                }
                return "It would be admitted: \(size)." + (written ?? "")
            }
            let lines = explanation.refusals.map { "  \($0.status) \($0.reason): \($0.message)" }
            return (["It would be refused (\(size)):"] + lines).joined(separator: "\n")
        }
    }
}
