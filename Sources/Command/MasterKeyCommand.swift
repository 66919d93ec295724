import ArgumentParser

/// `latchkey master-key`: what everything else is sealed under.
struct MasterKeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "master-key",
        abstract: "Replace the master key.",
        subcommands: [Rotate.self])

    struct Rotate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have the running server make a new master key and seal its keys under that.",
            discussion: """
                The master key file is replaced; access tokens and upstream keys stay as they are, and no \
                request \
                notices. Backups from before need the old master key: keep a copy of it as long as you keep \
                them, and \
                make a copy of the new one now. A server that has its master key from LATCHKEY_MASTER_KEY \
                cannot do it.
                """)

        @Flag(help: "Print JSON: {\"rotated\": true}.")
        var json = false

        func run() throws {
            _ = try ManagementClient().send("POST", "/manage/master-key/rotate")
            guard !json else { return try Output.json(["rotated": true]) }
            Console.printError(
                "The master key is a new one. Keep a copy of its file; backups from before need the old one.")
        }
    }
}
