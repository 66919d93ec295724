import CCurl
import Domain
import Glibc
package import NIOCore

/// libcurl's multi interface on one NIO event loop: starts transfers, drives them, and hands what arrives to
/// their sinks.
///
/// Everything here, libcurl's callbacks too, runs on the event loop: a request needs no other thread to be
/// sent, nothing of one is sent once its cancel has returned, and nothing is locked. Readiness comes from a
/// ``ReadinessSignal``, or else from the ``ReadinessPoller``. Its life is the process's.
@safe
package final class TransferLoop {
    /// Bytes libcurl reads at once. Every transfer under way has a buffer of this size, the idle streams too.
    static let readSize = 8 * 1024
    /// Bytes that a buffer may have grown to if it is to be used again.
    private static let largestSpare = 2 * readSize
    /// Idle upstream connections kept, and for how long: short of what servers and load balancers commonly
    /// allow (60 s and more), for a request that meets a closing connection is not sent again.
    static let maximumIdleConnections = 1024
    static let maximumIdleSeconds = 50
    /// How often overdue transfers, and libcurl's own timers, are looked after.
    private static let tick = TimeAmount.milliseconds(100)

    private let eventLoop: any EventLoop
    private let poller: ReadinessPoller
    private var signal: ReadinessSignal?
    let options: TransferOptions
    private let multi: UnsafeMutableRawPointer
    var interest = SocketInterest()
    private var slots = SlotTable()
    var lookups = NameLookups()
    /// How often libcurl was called; it begins with a transfer in the round after the one that it is started in.
    private(set) var round: UInt64 = 0
    let allocator = ByteBufferAllocator()
    /// The loop's clock, read once per batch.
    private(set) var now = NIODeadline.now()

    private var live: [CurlTransfer] = []
    private var queued: [CurlTransfer] = []
    /// Those that ``deliver()`` is at.
    private var batch: [CurlTransfer] = []
    /// Those who flush when the batch is told.
    private var delivered: [any TransferSink] = []
    private var spareHandles = SparePool<EasyHandle>()
    private var spareHeads = SparePool<ByteBuffer>()
    private var sparePieces = SparePool<ByteBuffer>()
    private var isDelivering = false
    private var isTicking = false
    /// When libcurl wants to be called, if it has said so.
    private var curlDeadline: NIODeadline?
    private var isKickScheduled = false
    private var events = unsafe [epoll_event](repeating: epoll_event(), count: 256)

    /// On `eventLoop`. `curl_global_init` has been called (``TransferLoop/initialiseLibrary()``).
    ///
    /// - Parameter prefersSignal: false takes the poller even where the kernel offers a signal.
    package init(
        eventLoop: any EventLoop, poller: ReadinessPoller, options: TransferOptions,
        prefersSignal: Bool = true
    ) {
        eventLoop.preconditionInEventLoop()
        guard let multi = unsafe curl_multi_init() else { preconditionFailure("libcurl has no memory") }
        self.eventLoop = eventLoop
        self.poller = poller
        self.options = options
        unsafe self.multi = multi
        // Never released: libcurl and the event loop may call it for as long as the process lives.
        let me = unsafe Unmanaged.passRetained(self).toOpaque()
        unsafe lk_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, me)
        unsafe lk_multi_set_pointer(multi, CURLMOPT_TIMERDATA, me)
        unsafe lk_multi_set_long(multi, CURLMOPT_MAXCONNECTS, Self.maximumIdleConnections)
        unsafe lk_multi_set_socket_callback(multi) { _, socket, what, context, _ in
            guard let context = unsafe context else { return 0 }
            unsafe Unmanaged<TransferLoop>.fromOpaque(context).takeUnretainedValue().interest.update(
                socket, what)
            return 0
        }
        unsafe lk_multi_set_timer_callback(multi) { _, milliseconds, context in
            guard let context = unsafe context else { return 0 }
            let loop = unsafe Unmanaged<TransferLoop>.fromOpaque(context).takeUnretainedValue()
            loop.curlDeadline = milliseconds < 0 ? nil : loop.now + .milliseconds(Int64(milliseconds))
            return 0
        }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        if prefersSignal {
            // Kept for ever by this, as libcurl's sockets are: they may have events after the last transfer.
            signal = ReadinessSignal(watching: interest.set, on: eventLoop) { [self] in process() }
        }
        if signal == nil { poller.watch(interest.set, on: eventLoop) { bound.value.process() } }
    }

    /// An empty head to fill for the next request.
    package func makeHead() -> UpstreamRequestHead {
        UpstreamRequestHead(makeBuffer())
    }

    /// An empty buffer for a head, either way.
    func makeBuffer() -> ByteBuffer { emptied(spareHeads.take()) }

    /// An empty buffer for a piece of an answer.
    func makePiece() -> ByteBuffer { emptied(sparePieces.take()) }

    /// `consuming`, for clearing a buffer that a caller holds as well takes new memory.
    private func emptied(_ spare: consuming ByteBuffer?) -> ByteBuffer {
        guard var buffer = consume spare else { return allocator.buffer(capacity: 2048) }
        buffer.clear()
        return buffer
    }

    /// Starts a transfer. The sink hears of it later, even of an instant failure.
    package func start(_ request: consuming UpstreamRequest, sink: any TransferSink) -> any Transfer {
        now = .now()
        let transfer = CurlTransfer(request: request, loop: self, sink: sink, now: now)
        if !lookups.isEmpty, !lookups.mayBegin(transfer.request.origin.host) {
            finish(transfer, .resolve)
            scheduleKick()
            return transfer
        }
        guard let handle = spareHandles.take() ?? EasyHandle(loop: self, options: options) else {
            lookups.end(.notBegun, of: transfer.request.origin.host)
            finish(transfer, .exhausted)
            scheduleKick()
            return transfer
        }
        // HTTP/2 has one connection for many requests, and of a link-local address the scope counts.
        if options.httpVersion == .http1, !options.allowsLinkLocal {
            transfer.slot = slots.take(for: transfer.request.origin)
        }
        handle.prepare(transfer)
        transfer.handle = handle
        transfer.place = live.count
        live.append(transfer)
        guard unsafe curl_multi_add_handle(multi, handle.pointer) == CURLM_OK else {
            end(transfer, .exhausted)
            scheduleKick()
            return transfer
        }
        scheduleKick()
        if !isTicking { scheduleTick() }
        return transfer
    }

    /// A socket for the transfer's connection was opened.
    func didOpen(_ socket: Int32, for transfer: CurlTransfer) {
        didFindAddress(of: transfer)
        interest.open(socket)
        slots.open(socket, for: transfer.slot)
    }

    /// Before its number can come back.
    func willClose(_ socket: Int32) {
        interest.forget(socket)
        slots.close(socket)
    }

    /// How many transfers are under way.
    package var liveCount: Int { live.count }

    // MARK: Driving libcurl

    /// After the current batch of events: one call of libcurl for all transfers that were started in it.
    private func scheduleKick() {
        guard !isKickScheduled, !isDelivering else { return }
        isKickScheduled = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute { bound.value.kick() }
    }

    private func kick() {
        isKickScheduled = false
        now = .now()
        runDueTimers()
        deliver()
    }

    private func process() {
        now = .now()
        let count = unsafe epoll_wait(interest.set, &events, Int32(events.count), 0)
        var running: Int32 = 0
        for index in 0..<Int(max(count, 0)) {
            let socket = unsafe events[index].data.fd
            guard let selection = unsafe interest.selection(for: socket, events: events[index].events) else {
                continue
            }
            unsafe curl_multi_socket_action(multi, socket, selection, &running)
        }
        runDueTimers()
        reap()
        deliver()
        if let signal { signal.arm() } else { poller.arm(interest.set) }
    }

    /// libcurl's "call me at once" comes as a deadline that has passed; it may ask again each time.
    private func runDueTimers() {
        round &+= 1
        var running: Int32 = 0
        var rounds = 0
        while let deadline = curlDeadline, deadline <= now, rounds < 16 {
            curlDeadline = nil
            unsafe curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running)
            rounds += 1
        }
        reap()
    }

    private func reap() {
        var left: Int32 = 0
        while let message = unsafe curl_multi_info_read(multi, &left) {
            guard unsafe message.pointee.msg == CURLMSG_DONE else { continue }
            let code = unsafe message.pointee.data.result
            var context: UnsafeMutableRawPointer?
            unsafe lk_easy_get_pointer(message.pointee.easy_handle, CURLINFO_PRIVATE, &context)
            guard let context = unsafe context,
                let transfer = unsafe Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
                    .transfer?.takeUnretainedValue()
            else { continue }
            end(transfer, transfer.failure(for: code))
        }
    }

    // MARK: Handing on

    /// Puts the transfer in line for ``deliver()``.
    func queue(_ transfer: CurlTransfer) {
        guard !transfer.isQueued else { return }
        transfer.isQueued = true
        queued.append(transfer)
    }

    /// Hands what has arrived to the sinks: of each transfer at most one head, one body and one end per
    /// batch. They flush when all have it: whoever is woken for one answer would take the processor from
    /// the next.
    private func deliver() {
        guard !isDelivering else { return }
        isDelivering = true
        while !queued.isEmpty {
            swap(&batch, &queued)
            for transfer in batch {
                transfer.isQueued = false
                deliver(transfer)
            }
            batch.removeAll(keepingCapacity: true)
            for sink in delivered { sink.transferDidDeliver() }
            delivered.removeAll(keepingCapacity: true)
            // What the sinks started begins now; what fails at once is in line again.
            runDueTimers()
        }
        isDelivering = false
        if let deadline = curlDeadline, deadline <= now { scheduleKick() }
    }

    private func deliver(_ transfer: CurlTransfer) {
        guard let sink = transfer.sink else { return }
        delivered.append(sink)
        if transfer.didTakeUpload {
            transfer.didTakeUpload = false
            transfer.sink?.transferDidTakeUpload()
        }
        if transfer.head.isComplete, !transfer.isHeadDelivered {
            transfer.isHeadDelivered = true
            releaseRequest(of: transfer)
            let endsWithConnection = transfer.head.endsWithConnection && transfer.request.method != .head
            let lines = transfer.head.lines ?? ByteBuffer()
            transfer.head.lines = nil
            transfer.sink?.transferDidReceiveHead(
                UpstreamHead(
                    status: transfer.head.status, lines: lines, endsWithConnection: endsWithConnection))
            keep(lines)
        }
        if let bytes = transfer.arrived {
            transfer.arrived = nil
            transfer.sink?.transferDidReceiveBody(bytes)
            // The sink may still have it: then whoever takes it next gets other memory.
            if bytes.storageCapacity <= Self.largestSpare { sparePieces.put(bytes) }
            if transfer.isReceiving { resumeReceiving(of: transfer) }
        }
        // libcurl would wait for the rest of the upload, which nobody reads any more. It may hold bytes while
        // paused.
        if transfer.hasWholeAnswer, transfer.arrived == nil, !transfer.isReceivePaused, !transfer.isEnded {
            end(transfer, nil)
        }
        if transfer.isEnded, let sink = transfer.sink {
            transfer.sink = nil
            let isAnswered = transfer.head.isComplete || transfer.failure != nil
            sink.transferDidEnd(isAnswered ? transfer.failure : .protocolViolation)
        }
    }

    // MARK: What transfers ask for

    func resumeUpload(of transfer: CurlTransfer) {
        guard transfer.isUploadPaused else { return }
        transfer.isUploadPaused = false
        unpause(transfer)
    }

    func resumeReceiving(of transfer: CurlTransfer) {
        guard transfer.isReceivePaused else { return }
        transfer.isReceivePaused = false
        now = .now()
        transfer.lastProgress = now
        unpause(transfer)
    }

    /// libcurl may call back from in here, and wants to be called soon after.
    private func unpause(_ transfer: CurlTransfer) {
        guard let handle = transfer.handle else { return }
        var mask = CURLPAUSE_CONT
        if transfer.isReceivePaused { mask |= CURLPAUSE_RECV }
        if transfer.isUploadPaused { mask |= CURLPAUSE_SEND }
        unsafe curl_easy_pause(handle.pointer, mask)
        scheduleKick()
    }

    func cancel(_ transfer: CurlTransfer) {
        guard !transfer.isEnded, !transfer.isAbandoned else { return }
        if abandonLookup(of: transfer) { transfer.isAbandoned = true } else { end(transfer, .cancelled) }
    }

    // MARK: Ending

    /// Takes it out of libcurl (which closes the connection unless the answer was complete) and puts its end
    /// in line.
    private func end(_ transfer: CurlTransfer, _ failure: UpstreamFailure?) {
        if let handle = transfer.handle {
            if !transfer.hasAddress { noteLookup(of: transfer, failure) }
            unsafe curl_multi_remove_handle(multi, handle.pointer)
            handle.release()
            spareHandles.put(handle)
            transfer.handle = nil
            if let slot = transfer.slot.take() { slots.put(slot) }
            keep(transfer.request.head.take())
            live[transfer.place] = live[live.count - 1]
            live[transfer.place].place = transfer.place
            live.removeLast()
        }
        finish(transfer, failure)
    }

    /// The answer has begun: a request that is out whole is needed no more, and a stream may last for
    /// minutes. libcurl makes it again only where nothing of an answer has come.
    private func releaseRequest(of transfer: CurlTransfer) {
        guard !transfer.request.isStreamed, transfer.isRequestOut else { return }
        transfer.request.body = .none
        keep(transfer.request.head.take())
    }

    /// A head's buffer, either way, that is done with.
    func keep(_ head: ByteBuffer) {
        if (1...Self.largestSpare).contains(head.storageCapacity) { spareHeads.put(head) }
    }

    private func finish(_ transfer: CurlTransfer, _ failure: UpstreamFailure?) {
        transfer.isEnded = true
        transfer.failure = failure
        queue(transfer)
    }

    // MARK: Time

    private func scheduleTick() {
        isTicking = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: Self.tick) { bound.value.look() }
    }

    /// Something is under way, or there are more spares than are kept in a silence.
    var hasToLook: Bool {
        !live.isEmpty || spareHandles.hasExcess || spareHeads.hasExcess || sparePieces.hasExcess
    }

    func look() {
        now = .now()
        runDueTimers()
        for transfer in live {
            if let failure = transfer.overdue(at: now, options) { end(transfer, failure) }
        }
        deliver()
        spareHandles.trim()
        spareHeads.trim()
        sparePieces.trim()
        isTicking = hasToLook
        if isTicking { scheduleTick() }
    }
}
