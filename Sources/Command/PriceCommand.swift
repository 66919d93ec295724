import Admin
import App
import ArgumentParser
import Domain
import Foundation
import Vault

/// `latchkey price`: what models cost, in US dollars per million tokens.
struct PriceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "price",
        abstract: "Show and change what models cost.",
        discussion:
            "Prices are US dollars per million tokens. A change holds for what is admitted from then on.",
        subcommands: [List.self, Show.self, Set.self, Remove.self])

    static func path(_ model: String) -> String { "/manage/prices/" + ManagementClient.escape(model) }

    /// One price as rows of field and value, the tiers' fields behind their names.
    static func rows(of price: JSONValue, under prefix: String = "") -> [(name: String, value: String?)] {
        guard case .object(let members) = price else { return [] }
        return members.flatMap { member -> [(name: String, value: String?)] in
            switch member.value {
            case .object: rows(of: member.value, under: prefix + member.key + ".")
            case .string(let text), .number(let text): [(prefix + member.key, text)]
            case .bool(let value): [(prefix + member.key, String(value))]
            case .null, .array: []
            }
        }
    }

    static func show(_ answer: Data, _ client: ManagementClient, json: Bool) throws {
        guard !json else { return Console.print(answer) }
        let price = try client.decode(PriceResource.self, from: answer)
        let fields = price.price.map { rows(of: $0) } ?? []
        Output.table(.fields([("model", price.model), ("origin", price.origin)] + fields))
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the prices of all models.",
            discussion: "'price show' tells all of one: other tiers, audio, images, long prompts.")

        @Option(
            help: ArgumentHelp("Only the models of this pattern, as 'gpt-6*'.", valueName: "pattern"),
            completion: .model)
        var model: String?

        @OptionGroup var list: ListOptions<PriceResource>

        func run() throws {
            let client = try ManagementClient()
            // Of the last page that was asked for: which list it is.
            var source: PriceListResource?
            let page = try list.page(client, "/manage/prices", query: model.map { ["model": $0] } ?? [:]) {
                let part = try client.decode(PriceListResource.self, from: $0)
                source = part
                return PageResource(items: part.items, nextCursor: part.nextCursor)
            }
            guard var source else { preconditionFailure("a list has at least one page") }
            guard !list.json else {
                (source.items, source.nextCursor) = (page.items, page.nextCursor)
                return try Output.json(source)
            }
            try list.show(page, client, isFiltered: model != nil)
            Console.printError(
                "Version \(source.version). Shipped prices are of \(source.date), from \(source.source).")
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show all of one model's price.")

        @Argument(help: "The model's name.", completion: .model)
        var model: String

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            try PriceCommand.show(
                client.send("GET", PriceCommand.path(model)), client, json: json)
        }
    }

    struct Set: ParsableCommand, NamingFields {
        static let configuration = CommandConfiguration(
            abstract: "Set a model's price, in place of the whole of the one before.",
            discussion: """
                Either the three common amounts, or a file with all of it: JSON as 'price show --json' \
                prints it under \
                "price".

                Examples:
                  latchkey price set my-model --prompt 0.50 --completion 2.00
                  latchkey price set gpt-6-luna --file price.json
                """)

        @Argument(help: "The model's name.", completion: .model)
        var model: String

        @Option(help: ArgumentHelp("US dollars per million prompt tokens.", valueName: "amount"))
        var prompt: String?

        @Option(help: ArgumentHelp("The same of those read from the upstream's cache.", valueName: "amount"))
        var cachedPrompt: String?

        @Option(help: ArgumentHelp("US dollars per million completion tokens.", valueName: "amount"))
        var completion: String?

        @Option(help: "A file with the price as JSON; '-' is standard input.", completion: .file())
        var file: String?

        @Flag(help: "Print JSON.")
        var json = false

        /// Of a price from a file, the file's.
        func place(of pointer: String) -> String? { file.map { "\($0): \(pointer)" } }

        func validate() throws {
            let hasAmounts = prompt != nil && completion != nil
            guard file == nil ? hasAmounts : prompt == nil && completion == nil && cachedPrompt == nil else {
                throw ValidationError("it takes --prompt and --completion, or --file alone")
            }
        }

        func run() throws {
            let price = try file.map { try Self.read($0) } ?? amounts
            let client = try ManagementClient()
            try PriceCommand.show(
                client.send("PUT", PriceCommand.path(model), price), client, json: json)
        }

        private var amounts: JSONValue {
            let fields = [
                ("prompt", prompt), ("cached_prompt", cachedPrompt), ("completion", completion),
            ]
            return .object(
                fields.compactMap { name, amount in amount.map { JSONValue.Member(name, .string($0)) } })
        }

        private static func read(_ path: String) throws -> JSONValue {
            let text: [UInt8]
            do {
                text = try OpenFile.content(of: path == "-" ? "/dev/stdin" : path, atMost: 1 << 20)
            } catch {
                let failure = FileFailure(error.code, at: path)
                throw CommandFailure(
                    .usage, "cannot read \(path): \(failure.reason)",
                    hint: failure.hint ?? "name a file you may read, or - for standard input")
            }
            do {
                return try JSONValue(parsing: text)
            } catch {
                throw CommandFailure(
                    .usage, "\(path) is not JSON: see its byte \(error.offset)",
                    hint: "'latchkey price show MODEL --json' prints one under \"price\"")
            }
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take back what was set for a model.",
            discussion: """
                The model then costs what is shipped, or has no price where none is. With --unpriced it has \
                none in any \
                case: what becomes of requests to it under a limit on cost is the project's setting.
                """)

        @Argument(help: "The model's name.", completion: .model)
        var model: String

        @Flag(help: "Leave the model without a price, whatever is shipped.")
        var unpriced = false

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            try PriceCommand.show(
                client.send("DELETE", PriceCommand.path(model) + (unpriced ? "?unpriced=true" : "")), client,
                json: json)
        }
    }
}
