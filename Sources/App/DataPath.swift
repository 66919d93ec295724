import Domain
import Gateway
import NIOCore
import NIOPosix
import Providers
import Synchronization
import Telemetry
import Upstream
import Vault

/// The running data path: event loops, a worker on each, and the directory of who may call. Build order is
/// reading order.
struct DataPath: Sendable {
    let group: MultiThreadedEventLoopGroup
    let workers: Workers
    let access: AccessControl
    let metrics: MetricsPage
    let accessLog: AccessLog
    let capacity: Capacity
    /// What bounds a request that says nothing of its output.
    let bounds: UsageBound.Defaults
    private let absent: AbsentTokens
    /// Ids for the requests that are not a worker's.
    let nextRequestID: @Sendable () -> RequestID

    struct Options: Sendable {
        var threads: Int
        var transfers: TransferOptions
        var limits: GatewayLimits
        var trustedProxies: TrustedProxies
        var baseURL: APIBaseURL
        var crossOrigin: CrossOriginPolicy?
        var bounds: UsageBound.Defaults
    }

    /// What it charges to.
    struct Books: Sendable {
        let quotas: QuotaBook
        let intake: LedgerIntake
        let metrics: LedgerMetrics
        let prices: PriceTable
        let denials: DenialTally
        let absent: AbsentTokens
        let alarms: AlarmMetrics
    }

    /// What is told of what it sees, each from the event loops: none of them may wait.
    struct Listeners: Sendable {
        let expiry: @Sendable (AccessTokenID, Timestamp) -> Void
        let honeyUse: @Sendable (AccessTokenID, Timestamp, IPAddress?) -> Void
        let refusedKey: @Sendable (ProjectID, Timestamp) -> Void
        let shortage: @Sendable () -> Void
        let revealedKey: @Sendable (ProjectID) -> Void
    }

    init(
        _ options: Options, keys: KeyRing, _ books: Books, accessLog: AccessLog, listeners: Listeners
    ) async throws {
        TransferLoop.initialiseLibrary()
        let poller = ReadinessPoller()
        let process = UInt64.random(in: 0..<56_800_235_584)  // 62^6
        let capacity = Capacity(options.limits)
        self.capacity = capacity
        bounds = options.bounds
        let dummy = DummyService(provider: DummyProvider()) { work in
            NIOThreadPool.singleton.submit { _ in work() }
        }
        let counters = (0..<options.threads).map { _ in ExchangeMetrics() }
        let tallies = (0..<options.threads).map { _ in ConnectionTally() }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: options.threads)
        let numbers = Dictionary(
            uniqueKeysWithValues: zip(group.makeIterator().map { ObjectIdentifier($0) }, 0..<options.threads))

        workers = try await Workers(on: group) { eventLoop in
            let number = numbers[ObjectIdentifier(eventLoop)] ?? 0
            let metrics = counters[number]
            return Worker(
                eventLoop: eventLoop,
                transfers: TransferLoop(
                    eventLoop: eventLoop, poller: poller, options: options.transfers, tally: tallies[number]),
                admission: Admission(
                    keys: keys, metrics: metrics, recordExpiry: listeners.expiry,
                    recordHoneyUse: listeners.honeyUse),
                accounting: Accounting(
                    desk: books.intake.makeDesk(), prices: books.prices, defaults: options.bounds,
                    wallClock: Timestamp.now),
                settlement: Settlement(
                    metrics: metrics, accessLog: accessLog, denials: books.denials,
                    absent: books.absent, wallClock: Timestamp.now, noteRefusedKey: listeners.refusedKey,
                    noteShortage: listeners.shortage, noteRevealedKey: listeners.revealedKey),
                capacity: capacity, dummy: dummy, directory: AccessDirectory(quotas: books.quotas),
                trustedProxies: options.trustedProxies, baseURL: options.baseURL,
                crossOrigin: options.crossOrigin,
                requestIDs: (process, UInt64(number) << 48))
        }
        let others = Counter(startingAt: UInt64(options.threads) << 48)
        nextRequestID = { RequestID(process: process, sequence: others.next()) }
        self.group = group
        absent = books.absent
        self.accessLog = accessLog
        access = AccessControl(workers: workers, quotas: books.quotas)
        metrics = MetricsPage(
            workers: counters, accessLog: accessLog, ledger: books.metrics, alarms: books.alarms,
            connections: { ConnectionNumbers(tallies) })
    }

    /// Returns when all is written down of the requests that were refused before.
    func finishRefusals() async {
        await absent.drain()
        await workers.settled()
    }

    private final class Counter: Sendable {
        private let value: Atomic<UInt64>
        init(startingAt value: UInt64) { self.value = Atomic(value) }
        func next() -> UInt64 { value.add(1, ordering: .relaxed).newValue }
    }
}

extension ConnectionNumbers {
    fileprivate init(_ tallies: [ConnectionTally]) {
        self.init()
        for tally in tallies {
            let (open, idle) = (tally.open.value, tally.idle.value)
            active += UInt64(max(0, open - idle))
            self.idle += UInt64(idle)
            waiting += UInt64(tally.waiting.value)
            made += UInt64(tally.made.value)
            reused += UInt64(tally.reused.value)
        }
    }
}
