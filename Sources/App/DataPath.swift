import Domain
import Gateway
import Glibc
import NIOCore
import NIOPosix
import Telemetry
import Upstream
import Vault

/// The running data path: event loops, a worker on each, and the directory of who may call. Build order is reading order.
struct DataPath: Sendable {
    let group: MultiThreadedEventLoopGroup
    let workers: Workers
    let access: AccessControl
    let metrics: MetricsPage
    let accessLog: AccessLog

    struct Options: Sendable {
        var threads: Int
        var transfers: TransferOptions
        var limits: GatewayLimits
    }

    init(
        _ options: Options, keys: KeyRing, accessLog: AccessLog,
        recordExpiry: @escaping @Sendable (AccessTokenID, Timestamp) -> Void
    ) async throws {
        TransferLoop.initialiseLibrary()
        let poller = ReadinessPoller()
        let process = UInt64.random(in: 0..<56_800_235_584)  // 62^6
        let counters = (0..<options.threads).map { _ in ExchangeMetrics() }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: options.threads)
        let numbers = Dictionary(
            uniqueKeysWithValues: zip(group.makeIterator().map { ObjectIdentifier($0) }, 0..<options.threads))

        workers = try await Workers(on: group) { eventLoop in
            let number = numbers[ObjectIdentifier(eventLoop)] ?? 0
            let metrics = counters[number]
            return Worker(
                eventLoop: eventLoop,
                transfers: TransferLoop(eventLoop: eventLoop, poller: poller, options: options.transfers),
                admission: Admission(keys: keys, metrics: metrics, now: Self.wallClock, recordExpiry: recordExpiry),
                settlement: Settlement(metrics: metrics, accessLog: accessLog, wallClock: Self.wallClock),
                limits: options.limits,
                requestIDs: (process, UInt64(number) << 48))
        }
        self.group = group
        self.accessLog = accessLog
        access = AccessControl(workers: workers)
        metrics = MetricsPage(workers: counters, accessLog: accessLog)
    }

    @Sendable static func wallClock() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
