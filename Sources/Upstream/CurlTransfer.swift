import CCurl
import Domain
import NIOCore

/// One transfer performed by libcurl: what has arrived and was not handed on yet, and how it stands with the
/// clock.
///
/// libcurl's callbacks only note things here; the loop hands them to the sink once libcurl has returned,
/// because a sink may start or cancel transfers and libcurl must not be called from within its own callbacks.
@safe
final class CurlTransfer: Transfer {
    var request: UpstreamRequest
    let loop: TransferLoop
    /// Let go of when it has heard of the end, which comes to every transfer.
    var sink: (any TransferSink)?
    /// Nil before it starts and after it ended.
    var handle: EasyHandle?
    /// Where its connection is; nil where libcurl chooses by itself.
    var slot: ConnectionSlots.Slot?
    /// Its place in the loop's list of live transfers.
    var place = 0
    /// The address of its host is known: a socket was opened, or a connection is used again.
    var hasAddress = false
    /// The round of the loop that it is started in.
    let round: UInt64
    /// It was cancelled, and goes on until the look-up of its host's name ends.
    var isAbandoned = false

    // The request
    private(set) var wasDispatched = false
    var uploads = CurlTransfer.noUploads
    var unsentUploadBytes = 0
    var isUploadComplete: Bool
    var isUploadPaused = false
    var didTakeUpload = false

    // The answer
    var head = AnswerHead()
    var isHeadDelivered = false
    var arrived: ByteBuffer?
    /// Set where the upstream answers before it has the whole request: libcurl would go on sending what nobody
    /// reads any more, so we look for the end ourselves. Bytes of the body still to come, or its chunks.
    var missingBytes: Int?
    var chunks: ChunkScan?
    var isReceiving = true
    var isReceivePaused = false
    /// Set where we, not libcurl, know why it ended.
    var verdict: UpstreamFailure?
    /// One of the host's addresses was refused by ``AddressRule``: the reason, if none could be connected to.
    var didMeetForbiddenAddress = false
    /// There was no descriptor left for a connection to one of the host's addresses.
    var didLackDescriptor = false
    /// Waits in the loop's list of transfers that have something to hand on.
    var isQueued = false
    var isEnded = false
    var failure: UpstreamFailure?

    /// When something last moved, either way.
    var lastProgress: NIODeadline

    /// Shared by all that stream nothing: an empty CircularBuffer is an allocation.
    private static let noUploads = CircularBuffer<ByteBuffer>()

    init(request: consuming UpstreamRequest, loop: TransferLoop, sink: any TransferSink, now: NIODeadline) {
        isUploadComplete = !request.isStreamed
        self.request = request
        self.loop = loop
        self.sink = sink
        round = loop.round
        lastProgress = now
    }

    /// libcurl is about to send the request. False aborts it.
    ///
    /// libcurl sends a request again by itself when a reused connection dies before the answer's first byte;
    /// only what changes nothing may be delivered twice, so a POST's or DELETE's second coming ends here.
    func mayDispatch() -> Bool {
        slot?.isOpen = true
        if !hasAddress { loop.didFindAddress(of: self) }
        if wasDispatched, !request.method.isSafe {
            verdict = .reset
            return false
        }
        guard let sink, sink.transferMayDispatch() else {
            verdict = .cancelled
            return false
        }
        wasDispatched = true
        lastProgress = loop.now
        return true
    }

    // MARK: What libcurl hands over, and takes

    /// False where the receive window is full, or the sink takes nothing now: libcurl keeps it, and pauses.
    func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let waiting = arrived?.readableBytes ?? 0
        guard isReceiving, waiting < loop.options.receiveWindow else {
            isReceivePaused = true
            return false
        }
        if arrived == nil { arrived = loop.makePiece() }
        _ = unsafe arrived?.writeBytes(bytes)
        if let missing = missingBytes { missingBytes = missing - bytes.count }
        lastProgress = loop.now
        loop.queue(self)
        return true
    }

    /// False where the answer must not go on.
    func takeHeaderLine(_ line: UnsafeRawBufferPointer) -> Bool {
        guard !head.isComplete else { return true }
        lastProgress = loop.now
        if head.isAtStart { head.begin(status: handle?.responseCode ?? 0, loop.makeBuffer()) }
        guard unsafe head.take(line) else {
            verdict = .protocolViolation
            return false
        }
        if head.isComplete {
            if head.forbidsReuse { handle?.forbidReuse() }
            watchForAnEarlyEnd()
            loop.queue(self)
        }
        return true
    }

    /// The next bytes of the upload, as many as there is room for; 0 behind the last one, nil where there is
    /// nothing yet.
    func giveBody(to room: UnsafeMutableRawBufferPointer) -> Int? {
        var written = 0
        while written < room.count, !uploads.isEmpty {
            let first = uploads.startIndex
            let length = min(room.count - written, uploads[first].readableBytes)
            unsafe uploads[first].readWithUnsafeReadableBytes { bytes in
                unsafe UnsafeMutableRawBufferPointer(rebasing: room[written...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<length]))
                return length
            }
            if uploads[first].readableBytes == 0 { uploads.removeFirst() }
            written += length
        }
        if written == 0 {
            if isUploadComplete { return 0 }
            isUploadPaused = true
            return nil
        }
        unsentUploadBytes -= written
        didTakeUpload = true
        lastProgress = loop.now
        loop.queue(self)
        return written
    }

    /// All bytes of the request's body were sent. Unknown where its length is not told: libcurl counts the
    /// framing too.
    var isRequestOut: Bool {
        guard let handle else { return false }
        switch request.body {
        case .none: return true
        case .held(let bytes): return handle.uploadedBytes >= bytes.readableBytes
        case .streamed(let length): return length.map { handle.uploadedBytes >= $0 } ?? false
        }
    }

    /// Once the head is complete. An answer that has neither a length nor chunks ends with its connection:
    /// libcurl sends nothing more then.
    func watchForAnEarlyEnd() {
        guard !isRequestOut, let handle else { return }
        missingBytes = handle.contentLength
        guard missingBytes == nil, head.isChunked else { return }
        chunks = ChunkScan()
        handle.showRawBytes()
    }

    /// The answer that came early is here to its last byte, though ``arrived`` may hold the end of it.
    var hasWholeAnswer: Bool {
        if let missingBytes { return missingBytes <= 0 }
        return chunks?.isAtEnd ?? false
    }

    /// What libcurl's code means for this transfer: nil for a complete answer.
    func failure(for code: CURLcode) -> UpstreamFailure? {
        if let verdict { return verdict }
        if !wasDispatched, Self.opensFiles(before: code), DescriptorShortage.isNow {
            return .outOfDescriptors
        }
        switch code {
        case CURLE_COULDNT_CONNECT where didLackDescriptor: return .outOfDescriptors
        case CURLE_COULDNT_CONNECT where didMeetForbiddenAddress: return .addressForbidden
        // So libcurl calls a header line above its limit of 100 KiB. The memory to send was there.
        case CURLE_OUT_OF_MEMORY where wasDispatched: return .protocolViolation
        default: return UpstreamFailure(code)
        }
    }

    /// The resolver, and whoever reads certificates, opens files that we do not see, and says something else where
    /// that fails.
    private static func opensFiles(before code: CURLcode) -> Bool {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_SSL_CACERT_BADFILE, CURLE_FAILED_INIT, CURLE_OUT_OF_MEMORY:
            true
        default: false
        }
    }

    /// The failure if nothing has moved for too long, with what is being waited for.
    func overdue(at now: NIODeadline, _ options: TransferOptions) -> UpstreamFailure? {
        guard wasDispatched, !isReceivePaused, isUploadComplete || !uploads.isEmpty else { return nil }
        if head.isComplete { return now - lastProgress > options.idleTimeout ? .idleTimeout : nil }
        let limit = isUploadComplete ? options.firstByteTimeout : options.idleTimeout
        return now - lastProgress > limit ? .firstByteTimeout : nil
    }

    func upload(_ bytes: ByteBuffer) {
        guard handle != nil, bytes.readableBytes > 0 else { return }
        if uploads.isEmpty { lastProgress = .now() }
        uploads.append(bytes)
        unsentUploadBytes += bytes.readableBytes
        loop.resumeUpload(of: self)
    }

    func finishUpload() {
        guard handle != nil, !isUploadComplete else { return }
        isUploadComplete = true
        lastProgress = .now()
        loop.resumeUpload(of: self)
    }

    func setReceiving(_ isReceiving: Bool) {
        self.isReceiving = isReceiving
        if isReceiving { loop.resumeReceiving(of: self) }
    }

    func cancel() {
        sink = nil
        loop.cancel(self)
    }
}
