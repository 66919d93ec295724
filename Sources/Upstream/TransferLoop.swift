import CCurl
import Domain
import Glibc
package import NIOCore

/// The transfers of one NIO event loop, and the connections that they use.
///
/// Everything here, libcurl's callbacks too, runs on the event loop: a request needs no other thread to be
/// sent, nothing of one is sent once its cancel has returned, and nothing is locked. Readiness comes from a
/// ``ReadinessSignal``, or else from the ``ReadinessPoller``. Its life is the process's.
@safe
package final class TransferLoop {
    /// Bytes read at once: a whole TLS record, or some dozens of events.
    static let readSize = 16 * 1024
    /// How often overdue transfers, idle connections and libcurl's own timers are looked after.
    private static let tick = TimeAmount.milliseconds(100)

    private let eventLoop: any EventLoop
    private let poller: ReadinessPoller
    private var signal: ReadinessSignal?
    let options: TransferOptions
    package let tally: ConnectionTally
    private(set) lazy var connector = Connector(self)
    var sockets = SocketTable()
    private var pools: [ObjectIdentifier: ConnectionPool] = [:]
    /// Of the request before, for most are to one target.
    private var lastPool: ConnectionPool?
    private var lookups = NameLookups()
    /// Attempts whose look-up goes on though nobody waits for it.
    private var abandoned: [EasyHandle] = []
    /// The loop's clock, read once per batch.
    private(set) var now = NIODeadline.now()
    /// What one write points at.
    let parts: UnsafeMutableBufferPointer<iovec>

    private var live: [RemoteTransfer] = []
    private var resuming: [RemoteTransfer] = []
    private var ended: [RemoteTransfer] = []
    /// Those who flush when the batch is over.
    private var told: [any TransferSink] = []
    /// Those that ``deliver()`` is at.
    private var batch: [RemoteTransfer] = []
    private var toldBatch: [any TransferSink] = []
    private var batchNumber = 0
    private var spareHeads = SparePool<ByteBuffer>()
    private var sparePieces = SparePool<ByteBuffer>()
    private var isDelivering = false
    private var isTicking = false
    private var isKickScheduled = false
    private var events = unsafe [epoll_event](repeating: epoll_event(), count: 256)

    /// On `eventLoop`. `curl_global_init` has been called (``TransferLoop/initialiseLibrary()``).
    ///
    /// - Parameter prefersSignal: false takes the poller even where the kernel offers a signal.
    package init(
        eventLoop: any EventLoop, poller: ReadinessPoller, options: TransferOptions,
        tally: ConnectionTally = ConnectionTally(), prefersSignal: Bool = true
    ) {
        eventLoop.preconditionInEventLoop()
        self.eventLoop = eventLoop
        self.poller = poller
        self.options = options
        self.tally = tally
        unsafe parts = .allocate(capacity: Outgoing.partLimit)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        if prefersSignal {
            // Kept for ever by this, as its sockets are: they may have events after the last transfer.
            signal = ReadinessSignal(watching: sockets.set, on: eventLoop) { [self] in process() }
        }
        if signal == nil { poller.watch(sockets.set, on: eventLoop) { bound.value.process() } }
    }

    /// Once per process, before anything else of libcurl's.
    package static func initialiseLibrary() {
        let code = curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        precondition(code == CURLE_OK, "curl_global_init failed: \(code.rawValue)")
    }

    // MARK: Starting

    /// An empty head to fill for the next request.
    package func makeHead() -> UpstreamRequestHead {
        UpstreamRequestHead(emptied(spareHeads.take(), capacity: 2048))
    }

    /// Starts a transfer. The sink is asked at once whether the request may go out, where a connection
    /// stands, and hears of everything else later, even of an instant failure.
    package func start(_ request: consuming UpstreamRequest, sink: any TransferSink) -> any Transfer {
        now = .now()
        let transfer = RemoteTransfer(request, loop: self, sink: sink, at: now)
        transfer.place = live.count
        live.append(transfer)
        if !isTicking { scheduleTick() }
        let pool = pool(of: transfer.target)
        pool.inUse += 1
        if let connection = takeIdle(of: pool) {
            tally.reused.add()
            if !lookups.isEmpty { didFindAddress(of: host(lookedUpFor: transfer.target)) }
            transfer.begin(on: connection)
        } else {
            connect(transfer)
        }
        return transfer
    }

    private func pool(of target: UpstreamTarget) -> ConnectionPool {
        if let lastPool, lastPool.target === target { return lastPool }
        let pool = pools[ObjectIdentifier(target)] ?? ConnectionPool(target)
        pools[ObjectIdentifier(target)] = pool
        lastPool = pool
        return pool
    }

    private func takeIdle(of pool: ConnectionPool) -> Connection? {
        while let connection = pool.take() {
            tally.idle.add(-1)
            if now - connection.madeAt < ConnectionPool.ageLimit, connection.isSilent() { return connection }
            close(connection)
        }
        return nil
    }

    private func connect(_ transfer: RemoteTransfer) {
        let host = host(lookedUpFor: transfer.target)
        guard lookups.isEmpty || lookups.mayBegin(host) else { return transfer.end(.resolve) }
        guard let attempt = connector.connect(transfer) else {
            lookups.end(.notBegun, of: host)
            return transfer.end(.exhausted)
        }
        transfer.attempt = attempt
        tally.waiting.add()
        scheduleKick()
    }

    /// libcurl has ended an attempt to connect.
    func didConnect(_ attempt: EasyHandle, _ code: CURLcode) {
        let isUnanswered = code == CURLE_OPERATION_TIMEDOUT && !attempt.hasAddress
        let lookup =
            isUnanswered ? NameLookups.End.unanswered(wasAbandoned: attempt.transfer == nil) : .answered
        if isUnanswered || !lookups.isEmpty { lookups.end(lookup, of: attempt.host) }
        guard let transfer = attempt.transfer else {
            attempt.leave()
            return abandoned.removeAll { $0 === attempt }
        }
        transfer.attempt = nil
        tally.waiting.add(-1)
        guard code == CURLE_OK else {
            let failure = attempt.failure(for: code)
            attempt.leave()
            return transfer.end(failure)
        }
        let isEncrypted = transfer.target.origin.scheme == .https || options.proxy?.isEncrypted == true
        guard let socket = attempt.connected() else {
            attempt.leave()
            return transfer.end(.connect)
        }
        if !isEncrypted { attempt.leave(keeping: socket) }
        let connection = Connection(
            socket, through: isEncrypted ? attempt : nil, in: pool(of: transfer.target), of: self, at: now)
        sockets.give(socket, to: .connection(connection))
        watch(connection, reading: true, writing: false)
        tally.made.add()
        tally.open.add()
        transfer.begin(on: connection)
    }

    /// Whose name is looked up for a connection. (With `socks5` the origin's is, too, by a proxy that has
    /// answered.)
    func host(lookedUpFor target: UpstreamTarget) -> String { options.proxy?.host ?? target.origin.host }

    /// The name is answered.
    func didFindAddress(of host: String) {
        if !lookups.isEmpty { lookups.end(.answered, of: host) }
    }

    /// Nobody waits for the connection any more. A look-up that has begun goes on, and no socket is opened
    /// behind it.
    private func giveUp(_ attempt: EasyHandle) {
        tally.waiting.add(-1)
        attempt.transfer = nil
        guard attempt.isLookingUp else {
            if !attempt.hasAddress { lookups.end(.notBegun, of: attempt.host) }
            return attempt.leave()
        }
        lookups.abandon(attempt.host)
        abandoned.append(attempt)
    }

    // MARK: What transfers ask for

    func readClock() { now = .now() }

    func watch(_ connection: Connection, reading: Bool, writing: Bool) {
        sockets.watch(
            connection.descriptor,
            for: (reading ? EPOLLIN.rawValue : 0) | (writing ? EPOLLOUT.rawValue : 0))
    }

    /// Lets it read on in the next batch.
    func resume(_ transfer: RemoteTransfer) {
        guard !transfer.isResuming else { return }
        transfer.isResuming = true
        resuming.append(transfer)
        scheduleKick()
    }

    /// Its sink flushes at the end of the batch.
    func willTell(_ transfer: RemoteTransfer) {
        guard transfer.toldIn != batchNumber, let sink = transfer.sink else { return }
        transfer.toldIn = batchNumber
        told.append(sink)
    }

    /// The transfer has ended, and its connection, if any, is released: its sink hears of it in this batch.
    func didEnd(_ transfer: RemoteTransfer) {
        pool(of: transfer.target).inUse -= 1
        if let attempt = transfer.attempt {
            transfer.attempt = nil
            giveUp(attempt)
        }
        live[transfer.place] = live[live.count - 1]
        live[transfer.place].place = transfer.place
        live.removeLast()
        guard transfer.sink != nil else { return }
        ended.append(transfer)
        scheduleKick()
    }

    /// The connection serves nobody any more.
    func release(_ connection: Connection, isReusable: Bool) {
        guard isReusable, tally.idle.value < ConnectionPool.sizeLimit else { return close(connection) }
        watch(connection, reading: true, writing: false)
        tally.idle.add()
        connection.pool.put(connection, at: now)
    }

    private func close(_ connection: Connection) {
        connection.close()
        tally.open.add(-1)
    }

    /// Of a head that is done with.
    func keep(_ head: ByteBuffer) {
        if head.storageCapacity <= Self.readSize { spareHeads.put(head) }
    }

    /// An empty buffer for a piece of an answer.
    func makePiece() -> ByteBuffer { emptied(sparePieces.take(), capacity: Self.readSize) }

    /// If somebody still holds a part of it, the next one to take it gets other memory.
    func keep(piece: ByteBuffer) {
        if piece.storageCapacity == Self.readSize { sparePieces.put(piece) }
    }

    /// `consuming`, for clearing a buffer that a caller holds as well takes new memory.
    private func emptied(_ spare: consuming ByteBuffer?, capacity: Int) -> ByteBuffer {
        guard var buffer = consume spare else { return ByteBufferAllocator().buffer(capacity: capacity) }
        buffer.clear(minimumCapacity: capacity)
        return buffer
    }

    /// How many transfers are under way.
    package var liveCount: Int { live.count }

    // MARK: Batches

    /// After the current batch of events.
    private func scheduleKick() {
        guard !isKickScheduled, !isDelivering else { return }
        isKickScheduled = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute { bound.value.kick() }
    }

    private func kick() {
        isKickScheduled = false
        now = .now()
        deliver()
    }

    private func process() {
        now = .now()
        let count = unsafe epoll_wait(sockets.set, &events, Int32(events.count), 0)
        isDelivering = true
        for index in 0..<Int(max(count, 0)) {
            let (socket, what) = unsafe (events[index].data.fd, events[index].events)
            switch sockets.owner(of: socket) {
            case .none: sockets.watch(socket, for: 0)
            case .connecting(let group): group.act(socket, what)
            case .connection(let connection): ready(connection, what)
            }
        }
        isDelivering = false
        deliver()
        if let signal { signal.arm() } else { poller.arm(sockets.set) }
    }

    private func ready(_ connection: Connection, _ events: UInt32) {
        guard let transfer = connection.transfer else {
            // Nobody asked for what an idle connection says; but the event may be of what was read since.
            guard !connection.isSilent(), connection.pool.remove(connection) else { return }
            tally.idle.add(-1)
            return close(connection)
        }
        if events & EPOLLOUT.rawValue != 0 { transfer.writable() }
        if events & ~EPOLLOUT.rawValue != 0 { transfer.readable() }
    }

    /// Tells the sinks the rest of what has happened. They flush when all have it: whoever is woken for one
    /// answer would take the processor from the next.
    private func deliver() {
        guard !isDelivering else { return }
        isDelivering = true
        repeat {
            connector.run(at: now)
            swap(&batch, &resuming)
            for transfer in batch {
                transfer.isResuming = false
                transfer.readable()
            }
            batch.removeAll(keepingCapacity: true)
            swap(&batch, &ended)
            for transfer in batch {
                willTell(transfer)
                transfer.sink.take()?.transferDidEnd(transfer.failure)
            }
            batch.removeAll(keepingCapacity: true)
            batchNumber &+= 1
            swap(&toldBatch, &told)
            for sink in toldBatch { sink.transferDidDeliver() }
            toldBatch.removeAll(keepingCapacity: true)
        } while !ended.isEmpty || !told.isEmpty
        isDelivering = false
        if !resuming.isEmpty || connector.isDue(at: now) { scheduleKick() }
    }

    // MARK: Time

    private func scheduleTick() {
        isTicking = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: Self.tick) { bound.value.look() }
    }

    /// Something is under way, a connection is kept, or there are more spares than are kept in a silence.
    var hasToLook: Bool {
        !live.isEmpty || !abandoned.isEmpty || tally.idle.value > 0 || spareHeads.hasExcess
            || sparePieces.hasExcess
    }

    func look(at moment: NIODeadline = .now()) {
        now = moment
        for transfer in live {
            if let failure = transfer.overdue(at: now, options) { transfer.end(failure) }
        }
        deliver()
        for (key, pool) in pools {
            for connection in pool.expired(at: now) {
                tally.idle.add(-1)
                close(connection)
            }
            if pool.isUnused {
                pools[key] = nil
                if lastPool === pool { lastPool = nil }
            }
        }
        connector.trim()
        spareHeads.trim()
        sparePieces.trim()
        isTicking = hasToLook
        if isTicking { scheduleTick() }
    }
}
