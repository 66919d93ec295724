import Domain
import Synchronization

/// The counters of one worker. A scrape adds the workers' up, so that none of them waits for another.
///
/// Every settled exchange counts once in `latchkey_requests_total`; `began` minus settled is what is in
/// flight.
package final class ExchangeMetrics: Sendable {
    struct Series: Hashable {
        var endpoint: String
        var outcome: String
    }

    struct Counters: Sendable {
        var began: UInt64 = 0
        var settled: UInt64 = 0
        var dispatched: UInt64 = 0
        var requests: [Series: UInt64] = [:]
        var rejections: [String: UInt64] = [:]
        var upstreamFailures: [String: UInt64] = [:]
        var statuses: [Int: UInt64] = [:]
        var requestBytes: UInt64 = 0
        var responseBytes: UInt64 = 0
        var duration = Histogram()
        var firstByte = Histogram()
        var permitDefects: UInt64 = 0
    }

    private let counters = Mutex(Counters())

    package init() {}

    package func began() { counters.withLock { $0.began += 1 } }

    package func countPermitDefect() { counters.withLock { $0.permitDefects += 1 } }

    package func count(_ record: ExchangeRecord) {
        counters.withLock { counters in
            counters.settled += 1
            if record.wasDispatched { counters.dispatched += 1 }
            counters.requests[Series(endpoint: record.endpoint, outcome: record.outcome.name), default: 0] +=
                1
            switch record.outcome {
            case .rejected(let rejection): counters.rejections[rejection.internalReason, default: 0] += 1
            case .failed(let failure): counters.upstreamFailures[failure.reason, default: 0] += 1
            case .completed, .clientGone, .revoked: break
            }
            if let status = record.status { counters.statuses[status, default: 0] += 1 }
            counters.requestBytes += UInt64(record.requestBytes)
            counters.responseBytes += UInt64(record.responseBytes)
            counters.duration.add(record.durationNanoseconds)
            if let firstByte = record.firstByteNanoseconds { counters.firstByte.add(firstByte) }
        }
    }

    var snapshot: Counters { counters.withLock { $0 } }
}

extension ExchangeMetrics.Counters {
    mutating func add(_ other: Self) {
        began += other.began
        settled += other.settled
        dispatched += other.dispatched
        requests.merge(other.requests, uniquingKeysWith: +)
        rejections.merge(other.rejections, uniquingKeysWith: +)
        upstreamFailures.merge(other.upstreamFailures, uniquingKeysWith: +)
        statuses.merge(other.statuses, uniquingKeysWith: +)
        requestBytes += other.requestBytes
        responseBytes += other.responseBytes
        duration.add(other.duration)
        firstByte.add(other.firstByte)
        permitDefects += other.permitDefects
    }
}
