import Domain
import HTTP
import NIOCore

/// One request to an upstream and its answer, over one connection.
///
/// It reads and writes as its loop tells it that it can, and hands on what has arrived at once. A request is
/// sent once: where its connection ends without an answer, that is the end of it.
final class RemoteTransfer: Transfer {
    /// Bytes of one answer that are read in a row before others have their turn.
    private static let turn = 128 * 1024

    let target: UpstreamTarget
    private let loop: TransferLoop
    /// Let go of when it has heard of the end, which comes to every transfer.
    var sink: (any TransferSink)?
    /// Its place in the loop's list of live transfers.
    var place = 0
    /// Makes its connection.
    var attempt: EasyHandle?
    private var connection: Connection?

    // The request
    private(set) var wasDispatched = false
    private var outgoing: Outgoing
    private var isUploadComplete: Bool
    /// Some of the upload has come: before the connection stood, if at all then.
    private var hasUploads = false
    /// The upstream takes nothing any more; it may have answered before.
    private var isSendingOver = false

    // The answer
    private var reader: ResponseReader
    /// The beginning of a head that has not come whole.
    private var begun = ByteBuffer()
    private var isReceiving = true
    /// The descriptor is not watched for bytes: nobody takes them.
    private var isUnwatched = false
    /// Waits in the loop's list of those that go on reading.
    var isResuming = false
    /// The last of the loop's batches at whose end its sink flushes.
    var toldIn = -1
    private(set) var isEnded = false
    private(set) var failure: UpstreamFailure?

    let startedAt: NIODeadline
    /// When something last moved, either way.
    private var lastProgress: NIODeadline

    init(
        _ request: consuming UpstreamRequest, loop: TransferLoop, sink: any TransferSink, at now: NIODeadline
    ) {
        target = request.target
        isUploadComplete =
            switch request.body {
            case .streamed: false
            default: true
            }
        reader = ResponseReader(toHead: request.method == .head)
        outgoing = Outgoing(&request)
        self.loop = loop
        self.sink = sink
        startedAt = now
        lastProgress = now
    }

    /// The connection stands: the request goes out, if it still may.
    func begin(on connection: Connection) {
        guard let sink, sink.transferMayDispatch() else {
            loop.release(connection, isReusable: false)
            return end(.cancelled)
        }
        self.connection = connection
        connection.transfer = self
        wasDispatched = true
        lastProgress = loop.now
        let hasUploads = hasUploads
        send()
        if hasUploads { tell()?.transferDidTakeUpload() }
    }

    // MARK: Sending

    private func send() {
        guard let connection, !isSendingOver else { return }
        let before = outgoing.bodyBytes
        if !connection.send(&outgoing) {
            isSendingOver = true
            outgoing.drop()
        }
        if outgoing.bodyBytes < before { lastProgress = loop.now }
        loop.watch(connection, reading: !isUnwatched, writing: !outgoing.isEmpty)
    }

    /// The connection takes bytes again.
    func writable() {
        let before = outgoing.bodyBytes
        send()
        guard outgoing.bodyBytes < before else { return }
        tell()?.transferDidTakeUpload()
    }

    func upload(_ bytes: ByteBuffer) {
        guard !isEnded, !isSendingOver, bytes.readableBytes > 0 else { return }
        loop.readClock()
        if outgoing.isEmpty { lastProgress = loop.now }
        hasUploads = true
        outgoing.add(bytes)
        send()
    }

    func finishUpload() {
        guard !isEnded, !isUploadComplete else { return }
        isUploadComplete = true
        loop.readClock()
        lastProgress = loop.now
        if !isSendingOver { outgoing.endUpload() }
        send()
    }

    var unsentUploadBytes: Int { outgoing.bodyBytes }

    // MARK: Receiving

    /// There may be bytes to read, or the end of them.
    func readable() {
        var turn = Self.turn
        while let connection {
            guard isReceiving else {
                isUnwatched = true
                return loop.watch(connection, reading: false, writing: !outgoing.isEmpty)
            }
            guard turn > 0 else {
                // Without TLS the kernel tells of the rest.
                if connection.isEncrypted { loop.resume(self) }
                return
            }
            var piece = loop.makePiece()
            let room = piece.writableBytes
            let received = connection.receive(into: &piece)
            guard received == .bytes else {
                loop.keep(piece: piece)
                return received == .nothing ? () : inputEnded(received)
            }
            turn -= piece.readableBytes
            let isAll = piece.readableBytes < room && !connection.isEncrypted
            take(&piece)
            loop.keep(piece: piece)
            if isAll { return }
        }
    }

    private func take(_ piece: inout ByteBuffer) {
        if begun.readableBytes > 0 {
            begun.writeBuffer(&piece)
            swap(&begun, &piece)
            begun = ByteBuffer()
        }
        do throws(ResponseFault) {
            while let next = try reader.next(from: &piece) {
                switch next {
                case .head(let head): tell()?.transferDidReceiveHead(head)
                case .body(let bytes): tell()?.transferDidReceiveBody(bytes)
                case .end: return end(nil, isReusable: reader.isReusable && piece.readableBytes == 0)
                }
                if isEnded { return }
            }
        } catch {
            return end(.protocolViolation)
        }
        // Neither interim heads nor a part of one stop the clock.
        if reader.hasHead { lastProgress = loop.now }
        if piece.readableBytes > 0 {
            begun = piece
            piece = ByteBuffer()
        }
    }

    private func inputEnded(_ end: Connection.Received) {
        if end == .failed { return self.end(.reset) }
        if reader.inputEnded() == nil, end == .end { return self.end(nil) }
        let hasBegun = reader.hasBegun || begun.readableBytes > 0
        self.end(reader.hasHead ? .truncated : hasBegun ? .protocolViolation : .reset)
    }

    func setReceiving(_ isReceiving: Bool) {
        guard self.isReceiving != isReceiving else { return }
        self.isReceiving = isReceiving
        guard isReceiving, let connection else { return }
        loop.readClock()
        lastProgress = loop.now
        guard isUnwatched else { return }
        isUnwatched = false
        loop.watch(connection, reading: true, writing: !outgoing.isEmpty)
        loop.resume(self)
    }

    // MARK: Ending

    /// The sink, which flushes at the end of the batch.
    private func tell() -> (any TransferSink)? {
        loop.willTell(self)
        return sink
    }

    func cancel() {
        sink = nil
        end(.cancelled)
    }

    func end(_ failure: UpstreamFailure?, isReusable: Bool = false) {
        guard !isEnded else { return }
        isEnded = true
        self.failure = failure
        if let connection {
            self.connection = nil
            connection.transfer = nil
            // What could not be sent is not there any more.
            let wasSent = isUploadComplete && outgoing.isEmpty && !isSendingOver
            loop.release(connection, isReusable: isReusable && wasSent)
        }
        outgoing.drop()
        begun = ByteBuffer()
        loop.didEnd(self)
    }

    /// The failure if nothing has moved for too long, with what is being waited for.
    func overdue(at now: NIODeadline, _ options: TransferOptions) -> UpstreamFailure? {
        guard wasDispatched, isReceiving, isUploadComplete || !outgoing.isEmpty else { return nil }
        if reader.hasHead { return now - lastProgress > options.idleTimeout ? .idleTimeout : nil }
        let limit = isUploadComplete && outgoing.isEmpty ? options.firstByteTimeout : options.idleTimeout
        return now - lastProgress > limit ? .firstByteTimeout : nil
    }
}
