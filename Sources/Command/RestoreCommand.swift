import App
import ArgumentParser
import Foundation

/// `latchkey restore`: a backup becomes the store of a data folder on which no server runs.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a backup back; the server must not run.",
        discussion: """
            Looks at the backup first: is it sound, of this version or an earlier one, does the master key \
            open it, is \
            it as it was made, is its audit whole. With --replace the store that is there, and what it had \
            under way, is put aside under \
            another name, not deleted. The master key is LATCHKEY_MASTER_KEY, or the file that \
            LATCHKEY_MASTER_KEY_FILE \
            names ('master.key' in the data folder): put the copy you kept there first.

            What was changed after the backup is undone: access tokens that were revoked since are valid \
            again.

            Examples:
              latchkey restore latchkey-2026-11-21.db --data-dir /var/lib/latchkey
              latchkey restore latchkey-2026-11-21.db --replace --head head.txt
            """)

    @Argument(help: "The backup.", completion: .file())
    var file: String

    @Option(
        help: ArgumentHelp("The data folder; LATCHKEY_DATA_DIR if left out.", valueName: "folder"),
        completion: .directory)
    var dataDir: String?

    @Flag(help: "Replace the store that is there; it is put aside.")
    var replace = false

    @Flag(help: "Put back a backup without a seal, or one that was changed.")
    var unverified = false

    @Option(
        help: ArgumentHelp(
            "A head of the audit that was kept, from before the backup, as SEQ:HASH, or the file it stands "
                + "in.",
            valueName: "head"), completion: .file())
    var head: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let known = try head.map(AuditCommand.Verify.read)
        let overrides = dataDir.map { ["LATCHKEY_DATA_DIR": $0] } ?? [:]
        let settings = try Settings(from: SettingsSource.current(overriding: overrides))
        let restored = try await Installation(settings).restore(
            file, replacing: replace, unverified: unverified, head: known, at: .now())
        if json {
            return try Output.json(
                RestoreResult(
                    dataFolder: settings.dataFolder, events: restored.events, aside: restored.aside))
        }
        Console.printError(
            "Restored \(settings.dataFolder): sound, and its audit is whole (\(restored.events) events)."
        )
        if !restored.isAsMade {
            Console.printError(
                "Nothing vouches for the rest of it: see that the limits, prices and upstreams are what "
                    + "they were."
            )
        }
        for name in restored.aside { Console.printError("Put aside: \(settings.dataFolder)/\(name)") }
        Console.printError(
            "What was changed after the backup is undone: revoke again what was revoked since. Next: "
                + "latchkey serve"
        )
    }

    /// What `restore --json` prints.
    private struct RestoreResult: Encodable {
        var dataFolder: String
        var events: Int64
        var aside: [String]

        private enum CodingKeys: String, CodingKey {
            case dataFolder = "data_folder"
            case events, aside
        }
    }
}
