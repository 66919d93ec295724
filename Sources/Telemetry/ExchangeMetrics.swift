import Domain
import Synchronization

/// The counters of one worker. A scrape adds the workers' up, so that none of them waits for another.
///
/// Every settled exchange counts once in `latchkey_requests_total`; `began` minus settled is what is in
/// flight.
package final class ExchangeMetrics: Sendable {
    struct Counters: Sendable {
        var began: UInt64 = 0
        var settled: UInt64 = 0
        var dispatched: UInt64 = 0
        /// By endpoint, a column for each of ``outcomes``.
        var requests = CountTable(columns: outcomes.count)
        var rejections = CountTable()
        var upstreamFailures = CountTable()
        /// By upstream, a column for each of ``attempts``.
        var attempts = CountTable(columns: ExchangeMetrics.attempts.count)
        var statuses = StatusCounts()
        var requestBytes: UInt64 = 0
        var responseBytes: UInt64 = 0
        var duration = Histogram()
        var firstByte = Histogram()
        var permitDefects: UInt64 = 0
        /// By metric, a column for each of ``causes``.
        var limitRefusals = CountTable(columns: causes.count)
        var charges = ChargeCounts()
    }

    private let counters = Mutex(Counters())

    package init() {}

    package func began() { counters.withLock { $0.began += 1 } }

    package func countPermitDefect() { counters.withLock { $0.permitDefects += 1 } }

    package func count(_ record: borrowing ExchangeRecord) {
        counters.withLock { counters in
            counters.settled += 1
            if record.wasDispatched { counters.dispatched += 1 }
            counters.requests.add(record.endpoint, column: Self.column(of: record.outcome))
            switch record.outcome {
            case .rejected(let rejection):
                counters.rejections.add(rejection.internalReason)
                if case .limited(let refusal) = rejection {
                    counters.limitRefusals.add(
                        refusal.limit.id.metric.rawValue, column: Self.column(of: refusal.cause))
                }
            case .failed(let failure): counters.upstreamFailures.add(failure.reason)
            case .completed, .clientGone, .revoked: break
            }
            if let target = record.target { counters.count(target) }
            for attempt in record.failedAttempts {
                counters.count(attempt.target)
                counters.upstreamFailures.add(attempt.failure.reason)
            }
            if let status = record.status { counters.statuses.add(status) }
            counters.requestBytes += UInt64(record.requestBytes)
            counters.responseBytes += UInt64(record.responseBytes)
            counters.duration.add(record.durationNanoseconds)
            if let firstByte = record.firstByteNanoseconds { counters.firstByte.add(firstByte) }
            if let settled = record.settled { counters.charges.add(settled) }
        }
    }

    var snapshot: Counters { counters.withLock { $0 } }

    /// The names of the outcomes, in the order of their columns.
    static let outcomes = ["client_gone", "completed", "failed", "rejected", "revoked"]

    private static func column(of outcome: Outcome) -> Int {
        switch outcome {
        case .clientGone: 0
        case .completed: 1
        case .failed: 2
        case .rejected: 3
        case .revoked: 4
        }
    }

    /// The numbers of attempts, in the order of their columns.
    static let attempts = ["1", "2", "3 or more"]

    /// The names of a limit's reasons, in the order of their columns.
    static let causes = ["concurrency", "held", "rate", "spent"]

    private static func column(of cause: LimitRefusal.Cause) -> Int {
        switch cause {
        case .concurrency: 0
        case .heldByReservations: 1
        case .rate: 2
        case .spent: 3
        }
    }
}

extension ExchangeMetrics.Counters {
    fileprivate mutating func count(_ target: AttemptTarget) {
        let last = Int32(ExchangeMetrics.attempts.count)
        attempts.add(target.upstream, column: Int(min(max(1, target.number), last) - 1))
    }

    mutating func add(_ other: Self) {
        began += other.began
        settled += other.settled
        dispatched += other.dispatched
        requests.add(other.requests)
        rejections.add(other.rejections)
        upstreamFailures.add(other.upstreamFailures)
        attempts.add(other.attempts)
        statuses.add(other.statuses)
        requestBytes += other.requestBytes
        responseBytes += other.responseBytes
        duration.add(other.duration)
        firstByte.add(other.firstByte)
        permitDefects += other.permitDefects
        limitRefusals.add(other.limitRefusals)
        charges.add(other.charges)
    }
}
