import ArgumentParser
import Domain
import Foundation
import Testing

@testable import Admin
@testable import Command

@Suite struct RefusalTests {
    private func refused(
        _ command: any ParsableCommand.Type, _ pointer: String, _ detail: String, status: Int = 422
    ) -> CommandFailure {
        let error = Problem.FieldError(pointer: pointer, detail)
        let problem = Problem("invalid_fields", "t", status: status, detail: "d", errors: [error])
        return Refusal(status: status, problem: problem).failure(of: command)
    }

    @Test(arguments: [
        (TokenCommand.Issue.self as any ParsableCommand.Type, "/expires_in", "--expires-in"),
        (InvitationCommand.Create.self, "/expires_in", "--valid-for"),
        (InvitationCommand.Create.self, "/token_expires_in", "--expires-in"),
        (TokenCommand.Rotate.self, "/grace_seconds", "--grace"),
        (TokenCommand.Issue.self, "/limits/1/amount", "--limit (no. 2)"),
        (TokenCommand.Issue.self, "/models/0", "--model (no. 1)"),
        (TokenCommand.Issue.self, "/labels/a~1b", "--label a/b"),
        (TokenCommand.Revoke.self, "/filter/unused_since", "--unused-since"),
        (TokenCommand.List.self, "?q", "--search"), (UsageCommand.self, "?group_by", "--by"),
        (ProjectCommand.Create.self, "/name", "<name>"), (ProjectCommand.Update.self, "/name", "--name"),
        (ProjectCommand.Update.self, "/upstream_key", "--upstream-key-file"),
        (CredentialCommand.Rotate.self, "/overlap_seconds", "--overlap"),
        (LimitTopUp<TokenCommand>.self, "/amount", "<amount>"), (AuditCommand.Verify.self, "/hash", "--head"),
        (TokenCommand.Issue.self, "/unheard_of", "unheard_of"),
    ])
    func `a field is called what the command calls it`(
        _ command: any ParsableCommand.Type, _ pointer: String, _ name: String
    ) {
        let failure = refused(command, pointer, "it has to be better")
        #expect(failure.message == "\(name): it has to be better")
        #expect(failure.status == .usage)
    }

    @Test func `every field that a command sends is one of its options or arguments`() throws {
        let holder = HolderFields.fields.map(\.name)
        let grants = GrantFields.fields.map(\.name)
        let sent: [(any ParsableCommand.Type, [String])] = [
            (TokenCommand.Issue.self, IssueAccessTokenRequest.fields.map(\.name)),
            (TokenCommand.Update.self, UpdateAccessTokenRequest.fields.map(\.name)),
            (TokenCommand.Rotate.self, RotateAccessTokenRequest.fields.map(\.name)),
            (TokenCommand.Reissue.self, ReissueAccessTokenRequest.fields.map(\.name)),
            (TokenCommand.Explain.self, ExplainRequest.fields.map(\.name)),
            (
                TokenCommand.Revoke.self,
                AccessTokenFilterFields.names.filter { $0 != "q" } + ["dry_run", "usage_since"]
            ),
            (TokenCommand.List.self, AccessTokenFilterFields.names),
            (InvitationCommand.Create.self, CreateInvitationRequest.fields.map(\.name)),
            (ProjectCommand.Create.self, CreateProjectRequest.fields.map(\.name)),
            (ProjectCommand.Update.self, UpdateProjectRequest.fields.map(\.name)),
            (CredentialCommand.Set.self, SetCredentialRequest.fields.map(\.name)),
            (CredentialCommand.Rotate.self, RotateCredentialRequest.fields.map(\.name)),
            (CredentialCommand.Activate.self, ActivateCredentialRequest.fields.map(\.name)),
            (KeyCommand.Create.self, CreateManagementKeyRequest.fields.map(\.name)),
            (LimitTopUp<TokenCommand>.self, TopUpLimitRequest.fields.map(\.name)),
            (LimitReset<ProjectCommand>.self, ResetLimitRequest.fields.map(\.name)),
            (AuditCommand.Verify.self, VerifyAuditRequest.fields.map(\.name)),
            (AuditCommand.List.self, Array(AuditRequest.names)),
            (AuditCommand.Export.self, Array(AuditRequest.names)),
            (UsageCommand.self, UsageRequest.names.filter { !["limit", "cursor", "format"].contains($0) }),
            (AlarmCommand.List.self, ["kind", "state", "project"]),
            (PriceCommand.Set.self, ["prompt", "cached_prompt", "completion"]),
            (PriceCommand.List.self, ["model"]),
        ]
        #expect(!holder.isEmpty && !grants.isEmpty)
        for (command, fields) in sent {
            let names = FieldNames(of: command)
            for field in fields {
                #expect(names.option(of: field) != nil, "\(CommandTree.path(of: command)) \(field)")
            }
        }
    }

    @Test func `fields are called so within a sentence too, and null is not spoken of`() {
        #expect(
            refused(
                TokenCommand.Explain.self, "/tokens",
                "it may not stand beside prompt_tokens or max_output_tokens"
            )
            .message == "--tokens: it may not stand beside --prompt-tokens or --max-output-tokens")
        #expect(
            refused(UsageCommand.self, "?to", "it has to lie behind 'from'").message
                == "--to: it has to lie behind '--from'")
        #expect(
            refused(
                CredentialCommand.Rotate.self, "/overlap_seconds", "it has to be a number of seconds, or null"
            ).message
                == "--overlap: it has to be a number of seconds")
    }

    @Test func `a price from a file is blamed on the file`() throws {
        let error = Problem.FieldError(pointer: "/flex/prompt", "it is missing")
        let refusal = Refusal(
            status: 422, problem: Problem("t", "t", status: 422, detail: "d", errors: [error]))
        let file = try #require(
            try Latchkey.parseAsRoot(["price", "set", "m", "--file", "p.json"]) as? PriceCommand.Set)
        #expect(refusal.failure(of: file).message == "p.json: /flex/prompt: it is missing")
    }

    @Test func `what is not there is told as failed, whether a path or a field names it`() {
        let path = Refusal(status: 404, problem: .noSuch(.invitation)).failure(
            of: InvitationCommand.Show.self)
        #expect(path.status == .failed && path.hint == "'latchkey invitation list' lists them")
        let field = refused(TokenCommand.Issue.self, "/project", "there is no such project")
        #expect(field.status == .failed && field.message == "--project: there is no such project")
        #expect(field.hint == "'latchkey project list' lists them")
    }

    @Test func `a hint is about the command that asked, and every command that hints name is one`() throws {
        let problems = [
            Problem.conflict("no"), .conflict("no", field: "name"), .noSuch(.project), .noSuch(.credential),
            .invalid("name", "it is bad"), .bodyTooLarge, .internal, .unavailable("full"), .beyondOneProject,
            .tooManyLogins(seconds: 5), .missing("There is something else."),
        ]
        for command in commands(under: Latchkey.self) where command.configuration.subcommands.isEmpty {
            for problem in problems {
                let failure = Refusal(status: problem.status, problem: problem).failure(of: command)
                let hint = try #require(failure.hint)
                for match in hint.matches(of: /'latchkey ([a-z -]+[a-z])( [A-Z]+)?'/) {
                    let words = match.1.split(separator: " ").map(String.init).filter { $0 != "--help" }
                    #expect(Slip.find(in: words) == nil, "\(hint)")
                    #expect(
                        commands(under: Latchkey.self).contains {
                            CommandTree.path(of: $0).dropFirst() == words[...]
                        }, "\(hint)")
                }
            }
        }
        let conflict = Refusal(status: 409, problem: .conflict("The access token is revoked, for good"))
        #expect(
            conflict.failure(of: TokenCommand.Rotate.self).hint?.contains("latchkey token show ID") == true)
        #expect(conflict.failure(of: KeyCommand.Revoke.self).hint?.contains("latchkey key list") == true)
        let setting = Refusal(status: 409, problem: .conflict("LATCHKEY_ALARM_URL is not set"))
        #expect(setting.failure(of: AlarmCommand.Test.self).hint?.contains("set LATCHKEY_ALARM_URL") == true)
    }

    @Test func `the exit statuses are listed in one place, and told the same in the help`() throws {
        let page = try String(
            contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(
                path: "../../docs/management.md"),
            encoding: .utf8)
        for status in CommandFailure.Status.allCases {
            #expect(page.contains("\n| \(status.rawValue) | \(status.meaning)"), "\(status)")
        }
        let help = Latchkey.helpMessage(columns: 10_000)
        #expect(help.contains("Exit statuses: \(CommandFailure.Status.list)."))
    }
}
