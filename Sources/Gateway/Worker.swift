import Domain
package import NIOCore
import Telemetry
package import Upstream

/// The data path of one event loop: its snapshot, its transfers, its live exchanges and its counters.
/// Confined to it.
package final class Worker {
    package let eventLoop: any EventLoop
    package let transfers: TransferLoop
    package let admission: Admission
    package let settlement: Settlement
    package let limits: GatewayLimits
    package private(set) var directory = AccessDirectory()
    private var live: [ProxyHandler] = []
    private var nextRequest: UInt64
    private let process: UInt64

    /// `process` and `firstRequest` make request ids unique among restarts and workers.
    package init(
        eventLoop: any EventLoop, transfers: TransferLoop, admission: Admission, settlement: Settlement,
        limits: GatewayLimits, requestIDs: (process: UInt64, first: UInt64)
    ) {
        self.eventLoop = eventLoop
        self.transfers = transfers
        self.admission = admission
        self.settlement = settlement
        self.limits = limits
        process = requestIDs.process
        nextRequest = requestIDs.first
    }

    func makeRequestID() -> RequestID {
        nextRequest += 1
        return RequestID(process: process, sequence: nextRequest)
    }

    func take(_ snapshot: AccessDirectory) {
        if snapshot.version > directory.version { directory = snapshot }
    }

    /// Ends every exchange whose access token or project was closed.
    func cutClosed() {
        for handler in live { handler.cutIfClosed() }
    }

    // The live exchanges, unordered: each handler keeps its place.

    func enter(_ handler: ProxyHandler) {
        handler.place = live.count
        live.append(handler)
        settlement.metrics.began()
    }

    func leave(_ handler: ProxyHandler) {
        let last = live.removeLast()
        if last !== handler {
            live[handler.place] = last
            last.place = handler.place
        }
    }
}
