import Domain
import NIOCore
import NIOHTTP1
import Providers
import Upstream

/// Performs the dummy provider's answer as a transfer: the same interface as libcurl's, without a network.
final class DummyTransfer: Transfer {
    private let method: Endpoint.Method
    private let target: String
    private let now: Timestamp
    private let eventLoop: any EventLoop
    private weak var sink: (any TransferSink)?
    private var body: [UInt8] = []
    private let isStreamed: Bool
    private(set) var wasDispatched = false
    let unsentUploadBytes = 0

    private var chunks: ArraySlice<[UInt8]> = []
    private var delay = TimeAmount.zero
    private var isReceiving = true
    private var isWaiting = false

    init(
        method: Endpoint.Method, target: String, body: borrowing UpstreamRequest.Body, now: Timestamp,
        eventLoop: any EventLoop,
        sink: any TransferSink
    ) {
        self.method = method
        self.target = target
        self.now = now
        self.eventLoop = eventLoop
        self.sink = sink
        switch body {
        case .none: isStreamed = false
        case .held(let bytes):
            self.body = Array(bytes.readableBytesView)
            isStreamed = false
        case .streamed: isStreamed = true
        }
    }

    /// The first word to the sink comes after this has returned.
    func start() {
        if !isStreamed { schedule(.zero) { $0.answer() } }
    }

    /// The dummy provider looks at no more than the beginning of a streamed body.
    private static let keptBytes = 64 * 1024

    func upload(_ bytes: ByteBuffer) {
        body.append(contentsOf: bytes.readableBytesView.prefix(Self.keptBytes - body.count))
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

    func cancel() { sink = nil }

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
        let path = String(target.prefix { $0 != "?" })
        let answer = DummyProvider().answer(
            to: DummyRequest(method: method.rawValue, path: path, body: body, now: now))
        body = []
        chunks = answer.chunks[...]
        delay = .milliseconds(Int64(answer.chunkDelayMilliseconds))
        var lines = ByteBuffer()
        lines.writeString(
            "HTTP/1.1 \(answer.status) \(HTTPResponseStatus(statusCode: answer.status).reasonPhrase)\r\n")
        for (name, value) in answer.headers { lines.writeString("\(name): \(value)\r\n") }
        let head = UpstreamHead(status: answer.status, lines: lines)
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
