import Admin
import Domain
import Gateway
import Hummingbird
import Logging
import Synchronization
import Telemetry
import Vault

/// Stand-in, to try the management API and the commands: it serves no `/v1`. The wiring replaces this file.
package enum Server {
    package static func run(settings: Settings, dev: Bool, initialise: Bool) async throws {
        let installation = Installation(settings)
        let opened =
            initialise && !installation.exists
            ? try await installation.create(at: .now()).0 : try await installation.open()
        let control = ControlPlane(
            store: opened.store, keyRing: opened.keyRing, access: Nowhere(), now: { .now() })
        let sequence = Sequence()
        let router = AdminRouter(
            control: control, authenticator: Authenticator(store: opened.store, keyRing: opened.keyRing),
            metrics: Nowhere(), isDraining: { false }, nextRequestID: { sequence.next() })
        let application = Application(
            responder: router.responder(),
            configuration: .init(address: .hostname(settings.listen.host, port: settings.listen.port)))
        try await application.runService()
    }

    private final class Sequence: Sendable {
        private let count = Atomic<UInt64>(0)
        func next() -> Domain.RequestID {
            RequestID(process: 1, sequence: count.add(1, ordering: .relaxed).newValue)
        }
    }

    private struct Nowhere: AccessPublishing, MetricsSource {
        func put(_: Project, key: Secret?) async {}
        func put(_: AccessToken) async {}
        func prometheusText() -> [UInt8] { [] }
    }
}
