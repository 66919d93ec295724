import Admin
import Domain
import Foundation
import Logging
import ServiceLifecycle
import Storage
import Synchronization
import Telemetry
import Vault

@testable import App

/// A whole server on a port of its own, over a data folder of its own, at trace level.
final class Latchkey: Sendable {
    struct Access: Sendable {
        let id: AccessTokenID
        let text: String
        var authorization: String { "Authorization: Bearer \(text)\r\n" }
    }

    let port: Int
    /// Of the operators' own listener, else the same.
    let adminPort: Int
    let folder: String
    let control: ControlPlane
    let store: Store
    let managementKey: String
    let logged: LogText
    let wiring: Wiring
    private let group: ServiceGroup
    private let running: Task<Void, any Error>

    static let upstreamKey = "sk-canary-Upstream/Key+\"0123456789\""

    init(_ environment: [String: String] = [:]) async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("latchkey-e2e-\(UUID())").path
        var variables = [
            "LATCHKEY_LISTEN": "127.0.0.1:0", "LATCHKEY_DATA_DIR": folder, "LATCHKEY_THREADS": "2",
            "LATCHKEY_ACCESS_LOG": folder + ".log", "LATCHKEY_LOG_LEVEL": "trace",
        ]
        variables.merge(environment) { $1 }
        let settings = try Settings(from: SettingsSource(environment: variables))
        let (opened, key) = try await Installation(settings).create(at: .now())
        managementKey = key.text?.reveal() ?? ""
        store = opened.store
        let logged = LogText()
        self.logged = logged
        var logger = Logger(label: "latchkey") { _ in StreamLogHandler(label: "latchkey", stream: logged) }
        logger.logLevel = settings.logLevel
        let wiring = try await Wiring(settings, opened, logger: logger)
        self.wiring = wiring
        control = wiring.control
        let (ports, listening) = AsyncStream.makeStream(of: (clients: Int, operators: Int).self)
        let listeners = wiring.listeners(settings, logger: logger) { _, _, all in
            if let all { listening.yield((all.clients.port, all.operators.port)) }
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: listeners + [wiring.drain], logger: logger))
        self.group = group
        running = Task { try await group.run() }
        var first = ports.makeAsyncIterator()
        (port, adminPort) = await first.next() ?? (0, 0)
    }

    /// Ends it; its folder goes.
    func stop() async {
        running.cancel()
        _ = await running.result
        await wiring.ledger.drain()
        try? store.close()
        try? FileManager.default.removeItem(atPath: folder)
        try? FileManager.default.removeItem(atPath: folder + ".log")
    }

    func connect() throws -> RawSocket { try .connect(to: port) }

    func drain() async { await group.triggerGracefulShutdown() }

    func project(_ name: String = "acme", at port: Int, key: String? = upstreamKey) async throws -> Project {
        guard let name = ProjectName(name) else { throw RawSocket.Failure.ended }
        return try await control.createProject(
            name, upstream: UpstreamURL(parsing: "http://127.0.0.1:\(port)/v1"),
            key: key.map { Secret(utf8: $0) },
            by: .console)
    }

    func issue(
        for project: Project, expiresAt: Timestamp? = nil, grants: [GrantChange] = [], limits: [String] = []
    ) async throws -> Access {
        guard let name = Label("bob") else { throw RawSocket.Failure.ended }
        var order = AccessTokenOrder(
            project: project.id, name: name, lifetime: expiresAt.map(Lifetime.until) ?? .endless)
        for grant in grants { order.grants.apply(grant) }
        order.limits = try LimitSet(limits.map { try Limit(parsing: $0) })
        let (accessToken, text) = try await control.issueAccessToken(order, by: .console)
        return Access(id: accessToken.id, text: text.reveal())
    }

    /// A project at this upstream and an access token for it.
    func access(
        to upstream: ScriptedUpstream, grants: [GrantChange] = [], limits: [String] = []
    ) async throws -> Access {
        try await issue(for: project(at: upstream.port), grants: grants, limits: limits)
    }

    /// The ledger, once it has as many rows.
    func ledger(_ count: Int) async throws -> [LedgerRow] {
        for _ in 0..<500 {
            let rows = try await store.ledgerRows(limit: 1000).items
            if rows.count >= count { return rows }
            try await Task.sleep(for: .milliseconds(10))
        }
        return try await store.ledgerRows(limit: 1000).items
    }

    func suspend(_ access: Access) async throws {
        _ = try await control.suspendAccessToken(access.id, by: .console)
    }

    func resume(_ access: Access) async throws {
        _ = try await control.resumeAccessToken(access.id, by: .console)
    }

    func revoke(_ access: Access) async throws {
        _ = try await control.revokeAccessToken(access.id, by: .console)
    }

    // MARK: What it tells of itself

    var metrics: String { String(decoding: wiring.dataPath.metrics.prometheusText(), as: UTF8.self) }

    /// The sum over the samples of a family.
    func metric(_ name: String, _ labels: String = "") -> Int {
        metrics.split(separator: "\n").reduce(0) { sum, line in
            guard line.hasPrefix(name),
                line.dropFirst(name.count).first.map({ $0 == " " || $0 == "{" }) == true,
                labels.isEmpty || line.contains(labels)
            else { return sum }
            return sum + (line.split(separator: " ").last.flatMap { Int($0) } ?? 0)
        }
    }

    /// Waits, by asking the server's own loops, until nothing is in flight; false where that takes over five
    /// seconds.
    func isIdle() async -> Bool {
        let deadline = ContinuousClock.now + .seconds(5)
        while metric("latchkey_requests_in_flight") != 0 {
            guard ContinuousClock.now < deadline else { return false }
            await Task.yield()
        }
        return true
    }

    func accessLog() -> String {
        wiring.dataPath.accessLog.flush()
        return (try? String(contentsOfFile: folder + ".log", encoding: .utf8)) ?? ""
    }
}

/// What the server logs, kept.
final class LogText: TextOutputStream, Sendable {
    private let kept = Mutex("")
    func write(_ string: String) { kept.withLock { $0 += string } }
    var text: String { kept.withLock { $0 } }
}

extension Secret {
    func reveal() -> String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
}

/// The whole head and body of a request.
func request(
    _ method: String = "POST", _ target: String = "/v1/chat/completions", _ access: Latchkey.Access? = nil,
    _ fields: String = "", json: String? = nil
) -> String {
    let framing = json.map { "Content-Type: application/json\r\nContent-Length: \($0.utf8.count)\r\n" } ?? ""
    return
        "\(method) \(target) HTTP/1.1\r\nHost: "
        + "proxy.test\r\n\(access?.authorization ?? "")\(framing)\(fields)\r\n"
        + (json ?? "")
}
