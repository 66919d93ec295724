import Admin
import Domain
import Gateway
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Storage
import Telemetry
import Upstream
import Vault

/// Builds the server out of its parts: the only place that knows all of them. Build order is reading order.
///
/// A request comes in on the listener (``FrontChannel``). Under `/v1/` the `ProxyHandler` of its connection
/// takes it: `Admission` looks the access token up in the `AccessDirectory` of this event loop's `Worker` and
/// gives a `Permit`, `TransferLoop` sends it on with the project's key, `Settlement` writes down how it
/// ended. Everything else is the router's: `ControlPlane` commits a change to the `Store` and has
/// `AccessControl` publish it to all workers.
struct Wiring: Sendable {
    let ledger: Ledger
    let dataPath: DataPath
    let control: ControlPlane
    let denials: DenialRecorder
    let absent: AbsentTokens
    let dormancy: DormancyWatch
    let objects: ObjectFollower
    let drain: DrainState
    let alarms: Alarms
    let watch: AlarmWatch
    let router: AdminRouter
    private let listening: ListeningReport

    init(_ settings: Settings, _ opened: Installation.Opened, logger: Logger) async throws {
        let store = opened.store
        let keys = opened.keyRing

        // The books. What a crash has left is written down before anything is counted on.
        guard let utc = CalendarPeriods(timeZone: "UTC") else { preconditionFailure("there is no UTC") }
        let quotas = QuotaBook(defaultPeriods: utc.rule)
        let alarms = try Alarms(settings, store: store, logger: logger)
        self.alarms = alarms
        let quotaWatch = QuotaWatch(quotas, alarms: alarms.desk)
        let ledger = try await Ledger(
            settings, store: store, quotas: quotas, logger: logger, noteCharged: quotaWatch.note)
        self.ledger = ledger
        let prices = try await PriceList.load(from: store, at: Timestamp.now())
        let denials = DenialTally()
        self.denials = DenialRecorder(denials, store: store, logger: logger, now: Timestamp.now)
        let expiries = ExpiryRecorder(logger: logger)
        absent = AbsentTokens(
            look: { hashes in (try? await store.accessTokens(withHashes: hashes)) ?? [] },
            recordExpiry: expiries.note)
        let books = DataPath.Books(
            quotas: quotas, intake: ledger.intake, metrics: ledger.metrics, prices: prices.table,
            denials: denials, absent: absent, alarms: alarms.metrics)

        // The data path, and everything there is for it to know.
        let honey = HoneyRecorder(store: store, alarms: alarms.desk, logger: logger)
        dataPath = try await DataPath(
            DataPath.Options(settings), keys: keys, books,
            accessLog: try AccessLog(settings.accessLog.telemetry),
            listeners: DataPath.Listeners(
                expiry: expiries.note, honeyUse: honey.note,
                refusedKey: { [desk = alarms.desk] project, moment in
                    desk.raise(.upstreamKeyRefused(project, at: moment))
                },
                shortage: ShortageLog(logger: logger).note,
                revealedKey: { project in
                    logger.error(
                        "an upstream sent its key back in a response's headers, which was withheld",
                        metadata: ["project": "\(project.rawValue)"])
                }))
        let limits = LimitControl(books.quotas)
        let access = try await opened.access(at: Timestamp.now(), folder: settings.dataFolder)
        let records = access.records
        for project in limits.load(records) {
            logger.warning(
                "this system does not know the time zone of a project: it is reckoned in UTC",
                metadata: ["project": "\(project.name)", "time_zone": "\(project.timeZone)"])
        }
        for (project, error) in access.unusable {
            logger.error(
                "the upstream key of a project cannot be used: its requests are refused",
                metadata: ["project": "\(project.name)", "reason": "\(error.message)"])
        }
        await dataPath.access.load(access.projects, records.accessTokens)

        // The control plane, which changes both.
        let drain = DrainState(
            dataPath.capacity, timeout: settings.drainTimeout, cut: dataPath.workers.cutAll)
        self.drain = drain
        let logins = LoginGate(known: try await Self.managementKeys(in: store)) {
            Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000)
        }
        control = ControlPlane(
            store: store, keyRing: keys, access: dataPath.access, limits: limits, noteKey: logins.note,
            now: Timestamp.now)
        await expiries.start(control.recordExpiry)
        dormancy = DormancyWatch(
            horizon: records.horizon, now: Timestamp.now, logger: logger, wake: control.wakeAccessTokens)
        objects = ObjectFollower(
            store: store, inquiry: dataPath.access,
            books: ObjectFollower.Books(
                quotas: quotas, metrics: ledger.metrics, makeID: ledger.intake.makeID,
                noteCharged: quotaWatch.note),
            logger: logger, clock: ObjectFollower.Clock(now: Timestamp.now),
            isDraining: { drain.isDraining })
        let priceControl = PriceControl(
            prices, store: store, access: dataPath.access, now: Timestamp.now)
        let moment = { @Sendable in
            QuotaMoment(wall: Timestamp.now(), nanoseconds: NIODeadline.now().uptimeNanoseconds)
        }
        let holders = HolderDesk(
            inquiry: dataPath.access, prices: priceControl, defaults: dataPath.bounds, moment: moment)
        watch = AlarmWatch(
            store: store, alarms: alarms.desk, quotas: quotaWatch,
            spend: settings.alarmSpendFactor == 0
                ? nil
                : SpendWatch(
                    store: store, alarms: alarms.desk, factor: settings.alarmSpendFactor,
                    freeze: settings.alarmSpendFreeze ? Self.freeze(by: control) : nil),
            expiryWarning: settings.alarmExpiryWarning, ledgerFailure: { ledger.failure }, now: moment,
            logger: logger)
        let listening = ListeningReport(of: settings.adminListen == nil ? 1 : 2)
        self.listening = listening
        router = AdminRouter(
            AdminRouter.Services(
                control: control, prices: priceControl, holders: holders, upstreams: dataPath.access,
                leaks: LeakDesk(
                    control: control, keyRing: keys, alarms: alarms.desk, honeyUsed: honey.note),
                maintenance: Maintenance(
                    store: store, keyRing: keys, masterKey: settings.masterKeySource, now: Timestamp.now)),
            entry: AdminRouter.Entry(
                authenticator: Authenticator(store: store, keyRing: keys, gate: logins),
                proxies: TrustedProxies(settings.trustedProxies), denials: denials,
                crossOrigin: CrossOriginPolicy(settings.corsOrigins)),
            options: try AdminRouter.Options(settings, at: { listening.clients ?? settings.listen }),
            server: AdminRouter.Server(
                metrics: dataPath.metrics, isDraining: { drain.isDraining },
                ledgerFailure: { ledger.failure }, nextRequestID: dataPath.nextRequestID))
    }

    /// The newest of those that hold.
    private static func managementKeys(in store: Store) async throws -> [CredentialHash] {
        let filter = ManagementKeyFilter(isRevoked: false)
        return try await store.listManagementKeys(filter, limit: LoginGate.knownKeyCount).items.map(\.hash)
    }

    private static func freeze(by control: ControlPlane) -> @Sendable (ProjectID) async throws -> Void {
        { _ = try await control.updateProject($0, ProjectChange(state: .disabled), by: .system(at: .now())) }
    }

    /// The listeners with all that stands behind them; `onListening` is told where each is, once it is there,
    /// and with the last one where all are.
    func listeners(
        _ settings: Settings, logger: Logger,
        onListening:
            @escaping @Sendable (Route.Plane, ListenAddress, ListeningReport.Addresses?) async -> Void
    ) -> [Listener] {
        func listener(_ plane: Route.Plane, at address: ListenAddress, setting: String) -> Listener {
            Listener(
                address: address, setting: setting,
                application: application(plane, at: address, settings, logger: logger) { port in
                    let address = ListenAddress(host: address.host, port: port)
                    await onListening(plane, address, listening.note(plane, address))
                })
        }
        let setting = Setting<ListenAddress>.listen.declaration.name
        guard let adminListen = settings.adminListen else {
            return [listener(.both, at: settings.listen, setting: setting)]
        }
        return [
            listener(
                .operators, at: adminListen,
                setting: Setting<ListenAddress?>.adminListen.declaration.name),
            listener(.clients, at: settings.listen, setting: setting),
        ]
    }

    private func application(
        _ plane: Route.Plane, at address: ListenAddress, _ settings: Settings, logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void
    ) -> some ApplicationProtocol {
        let workers = dataPath.workers
        // Of an information it has one, that it listens, which `onListening` says better.
        var quiet = logger
        if quiet.logLevel == .info { quiet.logLevel = .notice }
        return Application(
            responder: router.responder(on: plane),
            server: .init {
                FrontChannel(
                    responder: $0, workers: workers, streamBuffer: settings.streamBuffer,
                    takesExchanges: plane != .operators)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port), backlog: 4096),
            onServerRunning: { listener in
                // Fails on a listener that is closed already.
                try? await AcceptPause.install(on: listener, logger: logger)
                await onListening(listener.localAddress?.port ?? address.port)
            },
            eventLoopGroupProvider: .shared(dataPath.group),
            logger: quiet)
    }
}

extension Settings {
    fileprivate var masterKeySource: MasterKeySource {
        masterKey == nil ? .file(MasterKeyFile(path: masterKeyFile)) : .setting
    }
}

extension DataPath.Options {
    init(_ settings: Settings) {
        threads = settings.threads
        transfers = TransferOptions()
        transfers.connectTimeout = TimeAmount(settings.upstreamConnectTimeout)
        transfers.firstByteTimeout = TimeAmount(settings.upstreamFirstByteTimeout)
        transfers.idleTimeout = TimeAmount(settings.upstreamIdleTimeout)
        transfers.authorityFile = settings.upstreamCAFile
        transfers.clientCertificateFile = settings.upstreamClientCertificateFile
        transfers.proxy = settings.upstreamProxy.map { EgressProxy($0) }
        transfers.allowsLinkLocal = settings.allowsLinkLocalUpstreams
        trustedProxies = TrustedProxies(settings.trustedProxies)
        baseURL = APIBaseURL(server: settings.publicURL?.description)
        crossOrigin = CrossOriginPolicy(settings.corsOrigins)
        bounds = UsageBound.Defaults(
            completionLimit: Int64(settings.completionTokens),
            untoldTokensPerSecond: Int64(settings.untoldTokensPerSecond))
        limits = GatewayLimits()
        limits.jsonBody = settings.maximumJSONBody
        limits.upload = settings.maximumUpload
        limits.heldBodies = settings.maximumHeldBodies
        limits.streamBuffer = settings.streamBuffer
        limits.head.target = settings.maximumTarget
        limits.head.field = settings.maximumHeader
        limits.head.total = settings.maximumHeaders
        limits.head.fieldCount = settings.maximumHeaderCount
        limits.connections = settings.maximumConnections
        limits.connectionsPerAddress = settings.maximumAddressConnections
        limits.operatorConnections = settings.maximumAdminConnections
        limits.hasOperatorListener = settings.adminListen != nil
        limits.exchanges = settings.maximumInFlight
        limits.exchangesPerToken = settings.maximumTokenInFlight
        limits.bodyRate = settings.minimumBodyRate
        limits.headTimeout = TimeAmount(settings.headTimeout)
        limits.bodyTimeout = TimeAmount(settings.bodyTimeout)
        limits.keepAliveTimeout = TimeAmount(settings.keepAliveTimeout)
        limits.writeTimeout = TimeAmount(settings.writeTimeout)
    }
}

extension EgressProxy {
    fileprivate init(_ url: EgressProxyURL) {
        self = url.text.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { preconditionFailure("a secret without memory") }
            return EgressProxy(
                text: base.assumingMemoryBound(to: CChar.self), host: url.authority, owner: url.text)
        }
    }
}

extension AccessLogDestination {
    fileprivate var telemetry: AccessLog.Destination {
        switch self {
        case .off: .off
        case .standardOutput: .standardOutput
        case .file(let path): .file(path)
        }
    }
}
