import App
import ArgumentParser

/// `latchkey version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version, and the commit it was built from.")

    @Flag(help: "Print JSON: {\"version\": …, \"commit\": …, \"date\": …, \"modified\": …}.")
    var json = false

    func run() throws {
        guard json else { return Console.print(Version.full) }
        try Output.json(Report(version: Version.text, commit: Version.commit))
    }

    /// What is unknown is written as `null`.
    struct Report: Encodable {
        let version: String
        let commit: Version.Commit?

        private enum CodingKeys: CodingKey { case version, commit, date, modified }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(version, forKey: .version)
            try container.encode(commit?.hash, forKey: .commit)
            try container.encode(commit?.date, forKey: .date)
            try container.encode(commit?.isModified, forKey: .modified)
        }
    }
}
