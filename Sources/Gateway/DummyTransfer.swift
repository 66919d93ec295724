import Domain
import HTTP
import NIOCore
import NIOHTTP1
import Providers
import Upstream

/// Performs the dummy provider's answer as a transfer: the same interface as libcurl's, without a network.
///
/// The body is collected, and counted beyond what the provider reads; then the answer is made on another
/// thread (``DummyService``), and delivered on this loop piece by piece.
final class DummyTransfer: Transfer {
    private let service: DummyService
    /// Without its body.
    private let request: DummyRequest
    private let eventLoop: any EventLoop
    private weak var sink: (any TransferSink)?
    private var body = ByteBuffer()
    private var bodyCount = 0
    private var heldBytes = 0
    private let isStreamed: Bool
    /// There was no room for the upload.
    private var isCrowdedOut = false
    private(set) var wasDispatched = false
    let unsentUploadBytes = 0

    private var chunks: ArraySlice<[UInt8]> = []
    private var delay = TimeAmount.zero
    private var isReceiving = true
    private var isWaiting = false

    /// `request`: its own body is not looked at.
    init(
        _ request: DummyRequest, body: borrowing UpstreamRequest.Body, service: DummyService,
        eventLoop: any EventLoop, sink: any TransferSink
    ) {
        self.request = request
        self.service = service
        self.eventLoop = eventLoop
        self.sink = sink
        switch body {
        case .none: isStreamed = false
        case .held(let bytes):
            bodyCount = bytes.readableBytes
            if bodyCount <= DummyRequest.bodyLimit { self.body = bytes }
            isStreamed = false
        case .streamed: isStreamed = true
        }
    }

    deinit { service.release(heldBytes) }

    /// The first word to the sink comes after this has returned.
    func start() {
        if !isStreamed { schedule(.zero) { $0.answer() } }
    }

    /// What is more than the provider reads is passed over, and counted: the client hears of it when all is
    /// sent.
    func upload(_ bytes: ByteBuffer) {
        guard sink != nil else { return }
        bodyCount += bytes.readableBytes
        guard bodyCount <= DummyRequest.bodyLimit, !isCrowdedOut else { return letGoOfBody() }
        guard service.hold(bytes.readableBytes) else {
            isCrowdedOut = true
            return letGoOfBody()
        }
        heldBytes += bytes.readableBytes
        body.writeImmutableBuffer(bytes)
    }

    func finishUpload() {
        if isStreamed { schedule(.zero) { $0.answer() } }
    }

    func setReceiving(_ isReceiving: Bool) {
        self.isReceiving = isReceiving
        guard isReceiving, isWaiting else { return }
        isWaiting = false
        schedule(.zero) { $0.sendNext() }
    }

    func cancel() {
        sink = nil
        letGoOfBody()
    }

    private func letGoOfBody() {
        body = ByteBuffer()
        service.release(heldBytes)
        heldBytes = 0
    }

    private func schedule(_ delay: TimeAmount, _ step: @escaping @Sendable (DummyTransfer) -> Void) {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        if delay == .zero {
            eventLoop.execute { step(bound.value) }
        } else {
            eventLoop.scheduleTask(in: delay) { step(bound.value) }
        }
    }

    private func answer() {
        guard let sink else { return }
        guard sink.transferMayDispatch() else { return end(.cancelled) }
        wasDispatched = true
        guard !isCrowdedOut else { return begin(DummyAnswer.crowdedOut) }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        service.answer(on: eventLoop) { [request, body, bodyCount] in
            var request = request
            if request.method == Self.head { request.method = Endpoint.Method.get.rawValue }
            request.body = Array(body.readableBytesView)
            request.bodyCount = bodyCount
            return request
        } then: { answer in
            bound.value.letGoOfBody()
            bound.value.begin(answer)
        }
    }

    /// It is answered as GET is, without the body.
    private static let head = Endpoint.Method.head.rawValue

    private func begin(_ answer: DummyAnswer) {
        chunks = request.method == Self.head ? [] : answer.chunks[...]
        delay = .milliseconds(Int64(answer.chunkDelayMilliseconds))
        var lines = ByteBuffer()
        lines.writeString(
            "HTTP/1.1 \(answer.status) \(HTTPResponseStatus(statusCode: answer.status).reasonPhrase)\r\n")
        for (name, value) in answer.headers { lines.writeString("\(name): \(value)\r\n") }
        let head = ResponseHead(status: answer.status, lines: lines)
        schedule(.milliseconds(Int64(answer.firstDelayMilliseconds))) { transfer in
            transfer.sink?.transferDidReceiveHead(head)
            transfer.sendNext()
        }
    }

    private func sendNext() {
        defer { sink?.transferDidDeliver() }
        while sink != nil, let chunk = chunks.popFirst() {
            sink?.transferDidReceiveBody(ByteBuffer(bytes: chunk))
            guard isReceiving else {
                isWaiting = true
                return
            }
            guard delay == .zero || chunks.isEmpty else { return schedule(delay) { $0.sendNext() } }
        }
        end(nil)
    }

    private func end(_ failure: UpstreamFailure?) {
        let sink = self.sink
        self.sink = nil
        sink?.transferDidEnd(failure)
        sink?.transferDidDeliver()
    }
}

extension DummyAnswer {
    fileprivate static let crowdedOut = DummyAnswer(
        APIError(
            503, type: "server_error", code: "overloaded",
            message: "The dummy provider is receiving too many uploads at once. Try again shortly."))
}
