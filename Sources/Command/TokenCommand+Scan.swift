import ArgumentParser
import Foundation

/// `latchkey token scan`: looks for credentials in files and git repositories, without a server.
extension TokenCommand {
    struct Scan: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find access tokens and management keys in files, folders and git history.",
            discussion: """
                Needs no server and no key, and goes by the form and the checksum, so it also finds tokens \
                of other \
                Latchkey servers. Each find is a line: the path, the line in it, and the token's id, never \
                the whole \
                token. Folders are gone through, symbolic links in them are not followed; - is standard \
                input.

                Where a folder is in a git repository, or has some in it, their history is looked at too: \
                every \
                version of its files, and of a whole repository also messages and what no branch reaches any \
                more. A \
                find in it names the first commit that had it, its author and date, and whether the file \
                still has it. \
                --git looks at the history alone, of all of a repository; it may be bare.

                Exit statuses: 0 nothing found, 1 something found, 2 not everything could be read.

                Examples:
                  latchkey token scan .
                  latchkey token scan src --no-history
                  kubectl logs deploy/app | latchkey token scan -
                """)

        @Argument(help: "Files and folders; - is standard input.", completion: .file())
        var paths: [String] = []

        @Option(
            help: ArgumentHelp(
                "A git repository: all of its history, and none of its files.", valueName: "repo"),
            completion: .directory)
        var git: [String] = []

        @Flag(help: "Leave the git history of the folders out.")
        var noHistory = false

        @Flag(help: "Print JSON: {\"findings\": […], \"files\": …, \"commits\": …, \"histories\": […]}.")
        var json = false

        func validate() throws {
            guard !paths.isEmpty || !git.isEmpty else {
                throw ValidationError("There is nothing to scan: name files or folders, or --git")
            }
        }

        func run() throws {
            let report = ScanReport(paths: paths, repositories: git, includesHistory: !noHistory)
            if json {
                try Output.json(report)
            } else {
                for finding in report.findings { Console.print(finding.text) }
            }
            for sentence in report.summary(includesHistory: !noHistory) { Console.printError(sentence) }
            if let first = report.troubles.first {
                for trouble in report.troubles.dropFirst() {
                    Console.printError(CommandFailure(.usage, trouble.message, hint: trouble.hint).text)
                }
                throw CommandFailure(
                    .usage, first.message, hint: first.hint ?? "what could be read was scanned")
            }
            if !report.findings.isEmpty { throw ExitCode(1) }
        }
    }
}
