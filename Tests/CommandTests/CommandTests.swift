import Admin
import App
import ArgumentParser
import Domain
import Foundation
import Testing
import Vault

@testable import Command

@Suite struct ParsingTests {
    func parse<Command>(_: Command.Type, _ line: String) throws -> Command {
        try #require(try Latchkey.parseAsRoot(line.split(separator: " ").map(String.init)) as? Command)
    }

    @Test func `a project is created with its key on standard input`() throws {
        let command = try parse(
            ProjectCommand.Create.self,
            "project create acme --upstream-url https://api.example/v1 --upstream-key-file - --json")
        #expect(command.name == "acme")
        #expect(command.upstreamURL == "https://api.example/v1")
        #expect(command.upstreamKeyFile == "-")
        #expect(command.json)
        #expect(
            try parse(ProjectCommand.Create.self, "project create a").upstreamURL
                == "https://api.openai.com/v1")
    }

    @Test func `a token is issued for thirty days unless said otherwise`() throws {
        let plain = try parse(TokenCommand.Issue.self, "token issue --project acme --name bob")
        #expect(plain.expiresIn.wire == .after(seconds: 2_592_000))
        #expect(!plain.json)
        let short = try parse(
            TokenCommand.Issue.self, "token issue --project acme --name bob --expires-in 90s --json")
        #expect(short.expiresIn.wire == .after(seconds: 90))
        let never = try parse(
            TokenCommand.Issue.self, "token issue --project acme --name bob --expires-in never")
        #expect(never.expiresIn.wire == .never)
    }

    @Test(arguments: [
        "token issue --project acme --name bob --expires-in 30",
        "token issue --project acme --name bob --expires-in 0s",
        "token issue --project acme --name bob --expires-in 1500ms", "token issue --name bob", "token revoke",
        "project create acme --upstream-key sk-secret", "project update acme", "serve --port 80", "nonsense",
        "credential set acme", "project update acme --limit x", "token top-up 0123456789ab requests/day x",
        "token top-up 0123456789ab requests 5", "token reset 0123456789ab x",
    ])
    func `a wrong line is refused as wrong usage`(_ line: String) {
        let error = #expect(throws: (any Error).self) {
            try Latchkey.parseAsRoot(line.split(separator: " ").map(String.init))
        }
        #expect(error.map { Latchkey.exitCode(for: $0) } == .validationFailure)
    }

    @Test func `limits and grants are given to a token that is issued`() throws {
        let line = """
            token issue --project acme --name bob --limit requests=100/lifetime --limit \
            cost=5.00/month:gpt-* \
            --limit concurrency=4 --model gpt-4.1* --model o3 --endpoint responses --network 10.0.0.0/8 \
            --not-before 2030-01-31T12:00:00Z --idle-expires-in 12h --output-cap 4096:clamp
            """
        let command = try parse(TokenCommand.Issue.self, line)
        #expect(
            command.limits.limits.map(\.description) == [
                "requests=100/lifetime", "cost=5.00/month:gpt-*", "concurrency=4",
            ])
        let grants = command.grants.wire
        #expect(grants.models == .value(["gpt-4.1*", "o3"]))
        #expect(grants.endpoints == .value(["responses"]) && grants.networks == .value(["10.0.0.0/8"]))
        #expect(grants.notBefore == .value("2030-01-31T12:00:00Z"))
        #expect(grants.idleExpiresIn == .value(43_200) && grants.outputCap == .value("4096:clamp"))
        let plain = try parse(TokenCommand.Issue.self, "token issue --project acme --name bob")
        #expect(plain.limits.wire == .left && plain.grants.wire == GrantFields())
    }

    @Test func `a token is updated in what is named, and nothing else`() throws {
        let id = "0123456789ab"
        let command = try parse(
            TokenCommand.Update.self,
            "token update \(id) --no-limits --no-model --no-not-before --expires-in never")
        #expect(command.id == id && command.name == nil)
        #expect(command.expiresIn?.wire == .never)
        #expect(command.limits.wire == .null)
        #expect(command.grants.wire.models == .null && command.grants.wire.notBefore == .null)
        #expect(command.grants.wire.networks == .left)
        let limit = try parse(TokenCommand.Update.self, "token update \(id) --limit requests=1/day")
        #expect(limit.expiresIn == nil && limit.limits.limits.count == 1)
    }

    @Test func `a project is given limits and told how it accounts`() throws {
        let rest = """
            --limit cost=5/month --time-zone Asia/Kolkata --stream-usage observe --unpriced-models allow
            """
        let made = try parse(ProjectCommand.Create.self, "project create acme \(rest)")
        #expect(made.options.timeZone == "Asia/Kolkata" && made.limits.limits.count == 1)
        let changed = try parse(ProjectCommand.Update.self, "project update acme \(rest)")
        #expect(changed.options.streamUsage == "observe" && changed.options.unpricedModels == "allow")
        #expect(try parse(ProjectCommand.Update.self, "project update acme --no-limits").limits.wire == .null)
    }

    @Test func `a limit is topped up in its own unit, and reset`() throws {
        let topUp = try parse(LimitTopUp<TokenCommand>.self, "token top-up 0123456789ab cost/month 2.5")
        #expect(try LimitChange.topUp(topUp.limit, by: topUp.amount).amount == .dollars("2.50"))
        let project = try parse(LimitTopUp<ProjectCommand>.self, "project top-up acme tokens/day:gpt-* 1000")
        #expect(try LimitChange.topUp(project.limit, by: project.amount).amount == .number(1000))
        let reset = try parse(LimitReset<TokenCommand>.self, "token reset 0123456789ab requests/day")
        #expect(reset.limit == "requests/day")
        #expect(try parse(LimitReset<ProjectCommand>.self, "project reset acme concurrency").id == "acme")
    }

    @Test(arguments: [
        ("--limit requests=1", "window"), ("--limit x=1/day", "requests, tokens, cost"),
        ("--limit cost=1,5/day", "dollars"), ("--limit concurrency=4/day", "concurrency=4"),
        ("--limit requests=1/day --limit requests=2/day", "twice"),
        ("--limit requests=1/day --no-limits", "--no-limits"), ("--model a --no-model", "--no-model"),
        ("--idle-expires-in 30", "90s"), ("", "nothing to change"),
    ])
    func `an update that makes no sense is told in words`(_ rest: String, _ word: String) {
        let line = "token update 0123456789ab \(rest)".split(separator: " ").map(String.init)
        let error = #expect(throws: (any Error).self) { try Latchkey.parseAsRoot(line) }
        #expect(error.map { Latchkey.exitCode(for: $0) } == .validationFailure)
        #expect(error.map { Latchkey.message(for: $0) }?.contains(word) == true)
    }

    @Test(arguments: ["30x", "30", "0s", "1500ms", "", "never ever"])
    func `a time that is none is answered with the forms that there are`(_ time: String) {
        let error = #expect(throws: (any Error).self) {
            try Latchkey.parseAsRoot([
                "token", "issue", "--project", "p", "--name", "n", "--expires-in", time,
            ])
        }
        let message = error.map { Latchkey.message(for: $0) } ?? ""
        for form in ["--expires-in", "90s", "45m", "12h", "30d", "never"] {
            #expect(message.contains(form), "\(message)")
        }
    }

    @Test func `every subcommand has an abstract and takes --json`() {
        func leaves(_ type: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
            let children = type.configuration.subcommands
            return children.isEmpty ? [type] : children.flatMap { leaves($0) }
        }
        for command in leaves(Latchkey.self) {
            #expect(!command.configuration.abstract.isEmpty)
            // One runs until it is stopped, the other prints JSON in any case.
            let isExempt = command == ServeCommand.self || command == AuditCommand.Export.self
            #expect(isExempt || command.helpMessage().contains("--json"))
        }
    }

    @Test func `serve can be told to begin and to be tried`() throws {
        let command = try parse(ServeCommand.self, "serve --dev --init")
        #expect(command.dev)
        #expect(command.initialise)
        #expect(try !parse(ServeCommand.self, "serve").initialise)
    }
}

@Suite struct KeyFileTests {
    @Test(arguments: ["sk-abc", "sk-abc\n", "sk-abc\r\n"])
    func `one line end behind the key is not part of it`(_ text: String) throws {
        #expect(try Output.reveal(KeyFile.parse(Secret(utf8: text))) == "sk-abc")
    }

    @Test func `a file that others can use, and one that is missing, is refused`() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "key-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        func failure() -> CommandFailure? {
            #expect(throws: CommandFailure.self) { try KeyFile.read(path) }
        }
        #expect(failure()?.message == "there is no upstream key file at \(path)")
        try Data("sk-abc\n".utf8).write(to: URL(filePath: path))
        #expect(chmod(path, 0o644) == 0)
        let exposed = failure()
        #expect(exposed?.message.hasSuffix("is accessible to other users (mode 644)") == true)
        #expect(exposed?.hint == "run: chmod 600 \(path)" && exposed?.text.contains("sk-abc") == false)
        #expect(chmod(path, 0o600) == 0)
        #expect(try Output.reveal(KeyFile.read(path)) == "sk-abc")
    }

    @Test(arguments: ["--upstream-key sk-abc", "--upstream-key=sk-abc"])
    func `a key on the command line is refused, and not quoted`(_ option: String) throws {
        let line = "project create acme \(option)".split(separator: " ").map(String.init)
        let error = #expect(throws: CommandFailure.self) { try KeyFile.refuseKey(in: line) }
        #expect(error?.status == .usage)
        #expect(error?.hint?.contains("--upstream-key-file") == true)
        #expect(error?.text.contains("abc") == false)
        try KeyFile.refuseKey(in: ["project", "create", "acme", "--upstream-key-file", "-"])
    }

    @Test(arguments: ["", "\n", "sk abc", "sk-abc\nsk-def", "sk-\u{7}abc", "sk-äbc", " sk-abc", "sk-abc\n\n"])
    func `what is no key is refused and not quoted`(_ text: String) {
        let error = #expect(throws: CommandFailure.self) { _ = try KeyFile.parse(Secret(utf8: text)) }
        #expect(error?.status == .usage)
        #expect(error?.text.contains("abc") == false)
    }
}

@Suite struct RenderingTests {
    @Test func `columns are aligned and cells cannot steer the terminal`() {
        let table = Table(
            columns: [.text("id"), .text("name")], rows: [["1", "long\u{1B}[2J"], ["100", ""]])
        #expect(table.text == #"ID   NAME"# + "\n" + #"1    long\u{1B}[2J"# + "\n100")
    }

    @Test func `a failure is one lower-case line and a hint`() {
        #expect(
            CommandFailure.sentence("Missing expected argument.\nUsage") == "missing expected argument. Usage"
        )
        let failure = CommandFailure(.failed, "no", hint: "yes")
        #expect(failure.text == "latchkey: no\nhint: yes")
    }

    @Test func `what the server refuses becomes a failure with its own words`() throws {
        let url = try ServerURL(parsing: "http://127.0.0.1:1")
        func failure(_ status: Int, _ body: String) -> CommandFailure {
            ManagementClient.failure(HTTPTransfer.Answer(status: status, body: Data(body.utf8)), url: url)
        }
        let problem = #"{"type":"t","title":"T","status":409,"detail":"The name is taken."}"#
        #expect(failure(409, problem).message == "the name is taken")
        #expect(failure(409, problem).status == .failed)
        #expect(failure(401, "").status == .unauthorized)
        #expect(failure(502, "<html>").message.contains("502"))
    }

    @Test func `a server that is not there is told as such`() throws {
        let error = #expect(throws: HTTPTransfer.Failure.self) {
            _ = try HTTPTransfer(method: "GET", url: "http://127.0.0.1:1/ready").perform()
        }
        #expect(error?.reason.isEmpty == false)
        #expect(throws: HTTPTransfer.Failure.self) {
            _ = try HTTPTransfer(method: "GET", url: "file:///etc/passwd").perform()
        }
    }

    @Test func `names are escaped in paths`() {
        #expect(ProjectCommand.path("a/../b?c") == "/manage/projects/a%2F..%2Fb%3Fc")
    }
}
