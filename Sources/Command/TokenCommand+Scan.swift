import ArgumentParser
import Foundation

/// `latchkey token scan`: looks for credentials in files and git repositories, without a server.
extension TokenCommand {
    struct Scan: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find access tokens and management keys in files, folders and git history.",
            discussion: """
                Needs no server and no key, and goes by the form and the checksum, so it also finds tokens of other \
                Latchkey servers. Each find is a line: the path, the line in it, and the token's id, never the whole \
                token. Folders are gone through, symbolic links in them are not followed; - is standard \
                input. --git reads every object of a repository, also what no branch reaches any more.

                Exit statuses: 0 nothing found, 1 something found, 2 not everything could be read.

                Examples:
                  latchkey token scan . --git .
                  kubectl logs deploy/app | latchkey token scan -
                """)

        @Argument(help: "Files and folders; - is standard input.", completion: .file())
        var paths: [String] = []

        @Option(
            help: ArgumentHelp("A git repository, all of its history.", valueName: "repo"),
            completion: .directory)
        var git: [String] = []

        @Flag(help: "Print JSON: {\"findings\": […]}.")
        var json = false

        func validate() throws {
            guard !paths.isEmpty || !git.isEmpty else {
                throw ValidationError("There is nothing to scan: name files or folders, or --git")
            }
        }

        func run() throws {
            var files = FileScan()
            for path in paths { files.scan(path) }
            var findings = files.findings
            for repository in git { findings += try GitScan(repository: repository).findings() }
            if json {
                try Output.json(["findings": findings])
            } else {
                for finding in findings { Console.print(finding.text) }
            }
            if let first = files.troubles.first {
                for trouble in files.troubles.dropFirst() { Console.printError("latchkey: \(trouble)") }
                throw CommandFailure(.usage, first, hint: "what could be read was scanned")
            }
            if !findings.isEmpty { throw ExitCode(1) }
        }
    }
}
