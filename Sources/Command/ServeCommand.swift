import App
import ArgumentParser

/// `latchkey serve`: settings in, a running server out.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the server.",
        discussion: """
            Serves /v1 for access tokens and /manage for management keys on LATCHKEY_LISTEN \
            (127.0.0.1:8080); \
            with LATCHKEY_ADMIN_LISTEN set, /manage, /admin and /metrics are served there instead. \
            SIGTERM and Ctrl-C drain: streams in flight may end for LATCHKEY_DRAIN_TIMEOUT, then the server \
            ends \
            with status 0. A second signal cuts them off, writes them down and ends it within seconds, with \
            status \
            1; a third does not wait for that. SIGHUP opens the access log again, for whoever rotates it.

            Examples:
              latchkey serve
              latchkey serve --init      # in a container: makes an empty data folder ready first
              latchkey serve --dev       # to try it: loopback, a demo project, and a curl line that works
            """)

    @Flag(
        help: ArgumentHelp(
            "Make what is missing, listen on loopback only, and print a fresh access token at every start.",
            discussion: """
                Its demo project uses the built-in dummy provider, which answers without a network. Its data \
                folder is ./demo unless LATCHKEY_DATA_DIR is set.
                """)
    )
    var dev = false

    @Flag(
        name: .customLong("init"), help: "Do what 'latchkey init' does first, where the data folder is empty."
    )
    var initialise = false

    func run() async throws {
        let settings = try Settings(from: SettingsSource.current(), isDemo: dev)
        let ending = try await Server.run(settings: settings, dev: dev, initialise: initialise)
        if ending == .cutOff { throw ExitCode(1) }
    }
}
