import Admin
import App
import ArgumentParser
import Domain
import Foundation
import Vault

/// `latchkey audit`: what was done and who was not let in, and whether the record is whole.
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Read the audit, and find out whether somebody changed it.",
        discussion: """
            Every change and every denial is an event: who, from where, what, before and after. Each carries \
            a keyed \
            hash over itself and the event before it, so that one that was changed, moved or removed is \
            found. Events \
            removed from the end are found against a head that was kept elsewhere:

              latchkey audit head > head.txt          # now and then; keep it on another machine
              latchkey audit verify --head head.txt   # exit status 1 where something is wrong
            """,
        subcommands: [List.self, Export.self, Head.self, Verify.self])

    /// Which events are asked for.
    struct Filter: ParsableArguments {
        @Option(help: ArgumentHelp("From when on: a date (UTC) or an RFC 3339 time.", valueName: "time"))
        var from: String?

        @Option(help: ArgumentHelp("Until when; what lies there or behind is left out.", valueName: "time"))
        var to: String?

        @Option(
            help: "Only this action, as token.revoke, or what stands before the dot.",
            completion: .words(AuditEvent.Action.self))
        var action: String?

        @Option(
            help: "Only what this one did: a management key's id or name, console or system.",
            completion: .list(["console", "system"]))
        var principal: String?

        @Option(help: "Only what was done to this: an id, or the name of a project, access token or key.")
        var subject: String?

        @Option(
            help: "Only what concerns this project and its access tokens (id or name).", completion: .project)
        var project: String?

        @Option(help: ArgumentHelp("Only events with this text in them.", valueName: "text"))
        var search: String?

        /// The query of a list, with ids in place of names.
        func query(_ client: ManagementClient) throws -> [String: String] {
            [
                "from": from, "to": to, "action": action,
                "principal": try principal.map { try client.principal($0) },
                "subject": try subject.map { try client.subject($0) },
                "project": project, "q": search,
            ].compactMapValues { $0 }
        }

        static func path(_ path: String, _ query: [String: String]) -> String {
            let text = query.sorted { $0.key < $1.key }
                .map { "\($0.key)=\(ManagementClient.escape($0.value))" }.joined(separator: "&")
            return text.isEmpty ? path : path + "?" + text
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List events, newest first.",
            discussion: """
                Examples:
                  latchkey audit list --project acme --action token
                  latchkey audit list --action access.denied --from 2026-11-01
                """)

        @OptionGroup var filter: Filter

        @OptionGroup var list: ListOptions<AuditEventResource>

        func run() throws {
            let client = try ManagementClient()
            try list.run(client, "/manage/audit", query: filter.query(client))
        }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write events as JSON lines, oldest first, each with its number and hash.",
            discussion: """
                Any line's "seq" and "hash" can be given to 'latchkey audit verify --head' later on, as \
                SEQ:HASH.

                Examples:
                  latchkey audit export > audit.jsonl
                  latchkey audit export --from 2026-11-01 --to 2026-12-01 --output november.jsonl
                """)

        @OptionGroup var filter: Filter

        @Option(
            help: ArgumentHelp("A file to make; standard output if left out.", valueName: "file"),
            completion: .file())
        var output: String?

        func run() throws {
            let client = try ManagementClient()
            let path = Filter.path("/manage/audit/export", try filter.query(client))
            guard let output else { return try client.download(path, to: STDOUT_FILENO) }
            try NewFile.write(output) { try client.download(path, to: $0) }
        }
    }

    struct Head: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the last event's number and hash, as SEQ:HASH, to be kept elsewhere.")

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let client = try ManagementClient()
            let answer = try client.send("GET", "/manage/audit/head")
            guard !json else { return Console.print(answer) }
            let head = try client.decode(AuditHeadResource.self, from: answer)
            Console.print("\(head.seq):\(head.hash)")
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have the server look through the whole audit; exit status 1 where it was changed.",
            discussion: """
                Examples:
                  latchkey audit verify
                  latchkey audit verify --head head.txt
                  latchkey audit verify --head 4711:9f86d0…
                """)

        @Option(
            help: ArgumentHelp(
                "A head that was kept, as SEQ:HASH, or the file it stands in.", valueName: "head"),
            completion: .file())
        var head: String?

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let known = try head.map(Self.read)
            let client = try ManagementClient()
            let answer = try client.send(
                "POST", "/manage/audit/verify", known.map { VerifyAuditRequest($0) }, isSlow: true)
            let verdict = try client.decode(AuditVerdictResource.self, from: answer)
            if json { Console.print(answer) }
            guard let bad = verdict.firstBad else {
                if !json {
                    Console.print(
                        "ok: \(verdict.checked) events, head \(verdict.head.seq):\(verdict.head.hash)")
                }
                return
            }
            throw CommandFailure(
                .failed, "the audit is broken at event \(bad.seq): \(bad.why)",
                hint:
                    "the \(verdict.checked) events in front of it are sound; compare with an export or a "
                    + "backup"
            )
        }

        /// As `audit head` prints it, also with --json, or the last line of a file of such.
        static func read(_ text: String) throws(CommandFailure) -> AuditHead {
            if let head = AuditHead(text) { return head }
            let content: [UInt8]
            do {
                content = try OpenFile.content(of: text, atMost: 1 << 20)
            } catch {
                let failure = FileFailure(error.code, at: text)
                throw CommandFailure(
                    .usage, "--head is not SEQ:HASH, and as a file it cannot be read: \(failure.reason)",
                    hint: failure.hint ?? "'latchkey audit head' prints one")
            }
            let line =
                String(decoding: content, as: UTF8.self).split(whereSeparator: \.isNewline)
                .last.map(String.init) ?? ""
            if let head = AuditHead(line.trimmingCharacters(in: .whitespaces)) { return head }
            if let resource = try? JSONDecoder().decode(AuditHeadResource.self, from: Data(line.utf8)),
                let hash = AuditHash(resource.hash)
            {
                return AuditHead(sequence: resource.seq, hash: hash)
            }
            throw CommandFailure(
                .usage, "--head is neither SEQ:HASH nor a file that holds it",
                hint: "'latchkey audit head' prints one")
        }
    }
}
