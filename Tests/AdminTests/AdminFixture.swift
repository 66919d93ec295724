import Domain
import Foundation
import GRDB
import Gateway
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
@testable import Storage
import Synchronization
import Telemetry
import Testing
import Vault

@testable import Admin

/// A management API over a store in a folder of its own, called without a socket; it notes what is published.
final class AdminFixture: Sendable {
    struct Answer {
        let status: Int
        let headers: HTTPFields
        let body: Data

        func decoded<Value: Decodable>(_: Value.Type = Value.self) throws -> Value {
            try JSONDecoder().decode(Value.self, from: body)
        }

        init(reading response: Response) async throws {
            let sink = Sink()
            try await response.body.write(sink)
            (status, headers, body) = (response.status.code, response.headers, sink.data)
        }

        var text: String { String(decoding: body, as: UTF8.self) }
        func problem() throws -> Problem {
            #expect(headers[.contentType] == "application/problem+json")
            return try decoded()
        }
    }

    /// What a test may set or look at from outside.
    final class State: Sendable {
        let isDraining = Mutex(false)
        let ledgerFailure = Mutex<StoreError?>(nil)
        let upstreams = UpstreamFixture()
        let now = Mutex(Timestamp(seconds: 1_800_000_000))
        /// How far the clock goes on whenever it is read, in milliseconds.
        let tick = Mutex<Int64>(0)
        private let sequence = Atomic<UInt64>(0)
        func readClock() -> Timestamp {
            now.withLock { now in
                defer { now = now.adding(milliseconds: tick.withLock { $0 }) }
                return now
            }
        }
        func nextID() -> Domain.RequestID {
            RequestID(process: 1, sequence: sequence.add(1, ordering: .relaxed).newValue)
        }
    }

    final class Published: AccessPublishing {
        enum Event: Equatable {
            case project(ProjectID, Project.State, key: String?)
            case accessToken(AccessTokenID, isRevoked: Bool)
            /// Several at once.
            case accessTokens([AccessTokenID], closed: [AccessTokenID])
            case prices(version: Int64)
        }
        let holders: HolderFixture
        init(to holders: HolderFixture) { self.holders = holders }
        private let list = Mutex<[Event]>([])
        private let listener = Mutex<(@Sendable (Event) -> Void)?>(nil)
        var events: [Event] { list.withLock { $0 } }

        /// `note` is told of each event from now on, before the change goes on.
        func whenPublished(_ note: @escaping @Sendable (Event) -> Void) { listener.withLock { $0 = note } }

        private func add(_ event: Event) {
            list.withLock { $0.append(event) }
            listener.withLock { $0 }?(event)
        }

        func put(_ project: Project, key: UpstreamKey?) async {
            holders.put(project)
            add(.project(project.id, project.state, key: key?.secret.reveal()))
        }

        func put(_ accessToken: AccessToken) async {
            holders.put(accessToken)
            add(.accessToken(accessToken.id, isRevoked: accessToken.revokedAt != nil))
        }

        func put(_ accessTokens: [AccessToken]) async {
            for accessToken in accessTokens { holders.put(accessToken) }
            let closed = accessTokens.filter(\.isClosed).map(\.id)
            add(.accessTokens(accessTokens.map(\.id), closed: closed))
        }

        func put(_ prices: PriceTable) async {
            add(.prices(version: prices.version))
        }
    }

    struct Metrics: MetricsSource {
        func prometheusText() -> [UInt8] { Array("latchkey_test 1\n".utf8) }
    }

    struct Source: RequestContextSource {
        var logger: Logger
    }

    static let githubSecret = "It's a Secret to Everybody"

    let folder: String
    let store: Store
    let keyRing: KeyRing
    let control: ControlPlane
    let router: AdminRouter
    let responder: RouterResponder<AdminContext>
    let published: Published
    let holders: HolderFixture
    /// The data path's counters.
    var quotas: QuotaBook { holders.book }
    let state = State()
    /// The text of the first management key.
    let key: String

    init(
        key brought: String? = nil, masterKeyFile: MasterKeyFile? = nil, upstreamHosts: Set<String> = []
    ) async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("latchkey-\(UUID())").path
        let masterKey = masterKeyFile.map { MasterKeySource.file($0) } ?? .setting
        let (keyRing, sealed) = KeyRing.generate(masterKey: try masterKeyFile?.create() ?? .generate())
        self.keyRing = keyRing
        let minted = keyRing.mint(.managementKey)
        let label = try #require(Label("first"))
        let first = ManagementKey(
            id: ManagementKeyID(digits: minted.idDigits), name: label,
            hash: brought.map { keyRing.hash(Secret(utf8: $0)) } ?? minted.hash,
            role: .admin, createdAt: Timestamp(seconds: 1))
        key = brought ?? minted.text.reveal()
        store = try await Store.create(
            in: folder, sealedKeys: sealed, managementKey: first, auditHash: keyRing.auditHash,
            by: .console(at: Timestamp(seconds: 1)))
        let state = state
        let holders = HolderFixture(keyRing: keyRing) { state.readClock() }
        self.holders = holders
        published = Published(to: holders)
        control = ControlPlane(
            store: store, keyRing: keyRing, access: published,
            limits: LimitControl(
                book: holders.book, moment: { holders.moment }, calendar: HolderFixture.periods),
            now: { state.readClock() })
        let prices = PriceControl(
            try PriceList(.shipped(), PriceRecords(version: 0, overrides: [])), store: store,
            access: published,
            now: { state.readClock() })
        var options = AdminRouter.Options(
            clients: ClientAddress(
                publicURL: "https://llm.example.com", isAssumed: false, isShared: true
            ) { ListenAddress(host: "0.0.0.0", port: 8080) }, periods: HolderFixture.periods)
        options.githubSecret = Secret(utf8: Self.githubSecret)
        options.upstreamHosts = upstreamHosts
        options.sendsAlarms = true
        router = AdminRouter(
            AdminRouter.Services(
                control: control, prices: prices,
                holders: HolderDesk(
                    inquiry: holders, prices: prices, defaults: UsageBound.Defaults(),
                    moment: { holders.moment }),
                upstreams: state.upstreams,
                leaks: LeakDesk(
                    control: control, keyRing: keyRing, alarms: holders.honey,
                    honeyUsed: { [honey = holders.honey] id, _, _ in honey.note(id) }),
                maintenance: Maintenance(
                    store: store, keyRing: keyRing, masterKey: masterKey, now: { state.readClock() })),
            entry: AdminRouter.Entry(
                authenticator: Authenticator(
                    store: store, keyRing: keyRing, gate: LoginGate { state.readClock().milliseconds }),
                proxies: TrustedProxies(["10.0.0.0/8"])),
            options: options,
            server: AdminRouter.Server(
                metrics: Metrics(), isDraining: { state.isDraining.withLock { $0 } },
                ledgerFailure: { state.ledgerFailure.withLock { $0 } },
                nextRequestID: { state.nextID() }))
        responder = router.responder()
    }

    /// Periods of equal lengths, months of 30 days, in a zone so many milliseconds east of Greenwich.
    static func periods(east offset: Int64) -> PeriodRule {
        { window, moment in
            let hour: Int64 = 3_600_000
            let hours: [LimitWindow: Int64] = [.hour: 1, .day: 24, .week: 168]
            let length = hour * (hours[window] ?? 720)
            let start = (moment.milliseconds + offset) / length * length - offset
            return Period(
                start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: start + length))
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// - Parameter key: nil sends no `Authorization`.
    func send(
        _ method: HTTPRequest.Method, _ path: String, _ json: String? = nil,
        type: String = "application/json",
        authorization: String?, headers: HTTPFields = [:]
    ) async throws -> Answer {
        var head = HTTPRequest(method: method, scheme: "http", authority: "localhost", path: path)
        head.headerFields = headers
        if let authorization { head.headerFields[.authorization] = authorization }
        if json != nil { head.headerFields[.contentType] = type }
        let body = RequestBody(buffer: ByteBuffer(string: json ?? ""))
        let source = Source(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let response = try await responder.respond(
            to: Request(head: head, body: body), context: AdminContext(source: source))
        return try await Answer(reading: response)
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, _ json: String? = nil, headers: HTTPFields = [:]
    ) async throws -> Answer {
        try await send(method, path, json, authorization: "Bearer \(key)", headers: headers)
    }

    /// As nobody does but a test.
    func execute(_ sql: String) async throws {
        try await store.database.writer.writeWithoutTransaction { try $0.execute(sql: sql) }
    }

    /// Makes a management key and returns what it is sent as.
    func bearer(_ role: Role, project: String? = nil) async throws -> String {
        let reference = project.map { "\"\($0)\"" } ?? "null"
        let answer = try await send(
            .post, "/manage/keys", #"{"name":"k","role":"\#(role.rawValue)","project":\#(reference)}"#)
        return "Bearer \(try #require(try answer.decoded(ManagementKeyResource.self).key))"
    }

    /// Makes a project on the dummy provider.
    @discardableResult func project(_ name: String) async throws -> ProjectResource {
        let answer = try await send(
            .post, "/manage/projects", #"{"name":"\#(name)","upstream_url":"dummy:"}"#)
        #expect(answer.status == 201)
        return try answer.decoded()
    }

    private final class Sink: ResponseBodyWriter {
        var data = Data()
        func write(_ buffer: ByteBuffer) async throws { data.append(contentsOf: buffer.readableBytesView) }
        func finish(_: HTTPFields?) async throws {}
    }
}
