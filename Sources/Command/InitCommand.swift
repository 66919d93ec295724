import App
import ArgumentParser
import Domain
import Foundation
import Vault

/// `latchkey init`: the data folder, the master key and the first management key.
struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make the data folder, the master key and the first management key.",
        discussion: """
            Makes LATCHKEY_DATA_DIR (./data), the master key file in it and the first management key, which \
            is printed \
            once. Where LATCHKEY_ADMIN_KEY is set (at least 32 characters), that is the first management key \
            and none \
            is printed. Keep a copy of the master key: without it the upstream keys in the folder cannot be \
            opened.

            Examples:
              latchkey init
              LATCHKEY_DATA_DIR=/var/lib/latchkey latchkey init --json
            """)

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let settings = try Settings(from: SettingsSource.current())
        let key = try await Installation(settings).initialise(at: .now())
        if json {
            let result = InitResult(dataFolder: settings.dataFolder, key: key.id.rawValue, text: key.text)
            try Output.json(result)
            return
        }
        Console.printError("The data folder \(settings.dataFolder) is ready.")
        guard let text = key.text else {
            Console.printError("The management key is the one in LATCHKEY_ADMIN_KEY.")
            return
        }
        Console.printError(
            """
            This is the first management key. It is not shown again; the commands read it from \
            LATCHKEY_ADMIN_KEY.
            Next: latchkey serve
            """)
        Output.secret(text)
    }

    /// What `init --json` prints.
    private struct InitResult: Encodable {
        var dataFolder: String
        var id: String
        var key: String?

        init(dataFolder: String, key id: String, text: Secret?) {
            self.dataFolder = dataFolder
            self.id = id
            key = text.map(Output.reveal)
        }

        private enum CodingKeys: String, CodingKey {
            case dataFolder = "data_folder"
            case id, key
        }
    }
}
