import Admin
import ArgumentParser

/// `latchkey project check`: whether its requests would arrive.
extension ProjectCommand {
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask a project's upstream whether it is there and takes the key.",
            discussion: """
                The server asks for the upstream's list of models, which costs nothing. Exits with 1 where \
                requests would \
                fail.
                """)

        @Argument(help: "The project's id or name.", completion: .project)
        var project: String

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let answer = try ManagementClient().checkUpstream(of: project)
            if json {
                try Output.json(answer)
                if !answer.ok { throw ExitCode(1) }
            } else if let failure = answer.failure(of: project) {
                throw failure
            } else {
                Console.print(
                    "ok: the upstream of \(project) answers" + (answer.status.map { " (\($0))" } ?? ""))
            }
        }
    }
}

extension ManagementClient {
    func checkUpstream(of project: String) throws -> UpstreamCheckResource {
        try decode(
            UpstreamCheckResource.self,
            from: send("POST", "/manage/projects/\(Self.escape(project))/upstream/check"))
    }
}

extension UpstreamCheckResource {
    /// What keeps the requests of `project` from arriving, and what to do; nil where nothing does.
    func failure(of project: String) -> CommandFailure? {
        guard !ok else { return nil }
        switch reason ?? "" {
        case "upstream_credential_rejected":
            return CommandFailure(
                .failed, "the upstream of \(project) refuses its key (status \(status ?? 0))",
                hint: "set a valid one: latchkey credential set \(project) --upstream-key-file -")
        case "upstream_status":
            return CommandFailure(
                .failed, "the upstream of \(project) answers with status \(status ?? 0)",
                hint: "it is there but does not work: see its own status page or log")
        case "upstream_resolve":
            return CommandFailure(
                .failed, "the host of the upstream of \(project) cannot be found",
                hint: "look at the URL (latchkey project show \(project)) and at this machine's name server")
        case "upstream_tls":
            return CommandFailure(
                .failed, "the upstream of \(project) has no certificate that is trusted for its name",
                hint: "set LATCHKEY_UPSTREAM_CA_FILE to the authority that signed it")
        case "upstream_address_forbidden":
            return CommandFailure(
                .failed, "the upstream of \(project) is at an address that is never connected to",
                hint: "link-local and metadata addresses are refused: look at the URL")
        case "out_of_descriptors":
            return CommandFailure(
                .failed, "the server has no file descriptor left to ask the upstream of \(project)",
                hint: "raise its limit on open files (LimitNOFILE= in a systemd unit)")
        case let reason:
            return CommandFailure(
                .failed, "the upstream of \(project) does not answer (\(reason))",
                hint: "is it running, and may this machine connect to it? latchkey project show \(project)")
        }
    }
}
