import App
import ArgumentParser

/// `latchkey version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        guard json else { return Console.print(Version.text) }
        try Output.json(["version": Version.text])
    }
}
