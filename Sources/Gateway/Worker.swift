package import Domain
package import NIOCore
import Telemetry
package import Upstream

/// The data path of one event loop: its snapshot, its transfers, its live exchanges and its counters.
/// Confined to it.
package final class Worker {
    package let eventLoop: any EventLoop
    package let transfers: TransferLoop
    package let admission: Admission
    package let accounting: Accounting
    package let settlement: Settlement
    package let capacity: Capacity
    let dummy: DummyService
    let trustedProxies: TrustedProxies
    /// What clients are told to set, whose path leads nowhere.
    let baseURL: APIBaseURL
    /// nil where no web pages of other origins may call.
    let crossOrigin: CrossOriginPolicy?
    let loopMark: LoopMark
    let buffers = SpareBuffers()
    let date = DateField()
    package private(set) var directory: AccessDirectory
    private var live: [ProxyHandler] = []
    private var connections: [ClientConnection] = []
    /// The connection that was looked at last for room.
    private var nextIdle = 0
    /// Those whose clients have gone, and whose usage is waited for.
    private var lingering: [ProxyHandler] = []
    private var isLooking = false
    private var nextRequest: UInt64
    private let process: UInt64

    /// `process` and `firstRequest` make request ids unique among restarts and workers.
    package init(
        eventLoop: any EventLoop, transfers: TransferLoop, admission: Admission, accounting: Accounting,
        settlement: Settlement, capacity: Capacity, dummy: DummyService, directory: AccessDirectory,
        trustedProxies: TrustedProxies, baseURL: APIBaseURL, crossOrigin: CrossOriginPolicy?,
        requestIDs: (process: UInt64, first: UInt64)
    ) {
        self.eventLoop = eventLoop
        self.transfers = transfers
        self.admission = admission
        self.accounting = accounting
        self.directory = directory
        self.settlement = settlement
        self.capacity = capacity
        self.dummy = dummy
        self.trustedProxies = trustedProxies
        self.baseURL = baseURL
        self.crossOrigin = crossOrigin
        process = requestIDs.process
        loopMark = LoopMark(process)
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

    /// Ends every exchange that is not over, because the server stops.
    func cutAll() {
        for handler in live { handler.cut() }
    }

    var limits: GatewayLimits { capacity.limits }
    var now: Timestamp { settlement.wallClock() }

    // MARK: Connections, unordered: each keeps its place

    /// How often connections are looked after: their timers are late by so much at most.
    private static let tick = TimeAmount.milliseconds(100)

    func enter(_ connection: ClientConnection) {
        connection.place = connections.count
        connections.append(connection)
        if !isLooking { scheduleLook() }
    }

    func leave(_ connection: ClientConnection) {
        let last = connections.removeLast()
        if last !== connection {
            connections[connection.place] = last
            last.place = connection.place
        }
    }

    /// Ends it when its time is over.
    func watch(lingering handler: ProxyHandler) {
        lingering.append(handler)
        if !isLooking { scheduleLook() }
    }

    /// One connection that only waits for a request is closed, and has given its place; false where there is
    /// none.
    func makeRoom() -> Bool {
        let now = NIODeadline.now()
        for _ in connections.indices {
            nextIdle = nextIdle + 1 < connections.count ? nextIdle + 1 : 0
            if connections[nextIdle].givePlace(at: now) { return true }
        }
        return false
    }

    private func scheduleLook() {
        isLooking = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: Self.tick) { bound.value.look() }
    }

    private func look() {
        let now = NIODeadline.now()
        // From the end: one that is closed here takes its place out of the list.
        for place in connections.indices.reversed() where place < connections.count {
            connections[place].look(at: now)
        }
        lingering.removeAll { !$0.lingers(at: now) }
        if connections.isEmpty, lingering.isEmpty { isLooking = false } else { scheduleLook() }
    }

    // MARK: Live exchanges, unordered as well

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
