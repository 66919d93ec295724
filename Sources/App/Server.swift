/// Stand-in: the wiring replaces this file.
package enum Server {
    package static func run(settings: Settings, dev: Bool, initialise: Bool) async throws {
        throw NotBuilt()
    }

    struct NotBuilt: ExplainedError {
        var message: String { "serve is not built yet" }
        var hint: String? { nil }
    }
}
