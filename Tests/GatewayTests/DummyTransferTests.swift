import Domain
import HTTP
import NIOCore
import NIOEmbedded
import Providers
import Synchronization
import Testing
import Upstream

@testable import Gateway

/// How the dummy provider's answers come: not made on the event loop, within bounds, and piece by piece.
struct DummyTransferTests {
    /// Keeps the work that is asked of it until a test does it.
    private final class Bench: Sendable {
        private let works = Mutex<[@Sendable () -> Void]>([])
        var count: Int { works.withLock(\.count) }
        func put(_ work: @escaping @Sendable () -> Void) { works.withLock { $0.append(work) } }
        func perform() {
            let works = works.withLock { works in
                defer { works = [] }
                return works
            }
            for work in works { work() }
        }
    }

    private final class Sink: TransferSink {
        var status: Int?
        var body: [UInt8] = []
        var largestChunk = 0
        var hasEnded = false
        var failure: UpstreamFailure?
        var isOpen = true
        var onBody: () -> Void = {}

        func transferMayDispatch() -> Bool { isOpen }
        func transferDidReceiveHead(_ head: ResponseHead) { status = head.status }
        func transferDidReceiveBody(_ bytes: ByteBuffer) {
            body += bytes.readableBytesView
            largestChunk = max(largestChunk, bytes.readableBytes)
            onBody()
        }
        func transferDidTakeUpload() {}
        func transferDidEnd(_ failure: UpstreamFailure?) {
            hasEnded = true
            self.failure = failure
        }
        func transferDidDeliver() {}
    }

    private let loop = EmbeddedEventLoop()
    private let bench = Bench()
    private let sink = Sink()
    private let service: DummyService

    init() {
        let bench = bench
        service = DummyService(provider: DummyProvider()) { bench.put($0) }
    }

    private func transfer(
        _ target: String, _ body: consuming UpstreamRequest.Body, type: String = "application/json"
    ) -> DummyTransfer {
        DummyTransfer(
            DummyRequest(
                method: "POST", target: target, contentType: type, body: [], project: "a",
                now: Timestamp(milliseconds: 0)), body: body, service: service, eventLoop: loop, sink: sink)
    }

    private static let question = #"{"model":"dummy","messages":[{"role":"user","content":"x"}]}"#

    @Test func `the loop is free while an answer is made`() {
        let transfer = transfer("/v1/chat/completions", .held(ByteBuffer(string: Self.question)))
        transfer.start()
        loop.run()
        var ran = false
        loop.execute { ran = true }
        loop.run()

        #expect(transfer.wasDispatched)
        #expect(ran)
        #expect(bench.count == 1)
        #expect(sink.status == nil)

        bench.perform()
        #expect(sink.status == nil, "the answer is delivered on the loop")
        loop.run()
        #expect(sink.status == 200)
        #expect(sink.hasEnded)
        #expect(sink.failure == nil)
    }

    @Test func `nothing is made for a request that may not be dispatched, or was cancelled`() {
        sink.isOpen = false
        let closed = transfer("/v1/chat/completions", .held(ByteBuffer(string: Self.question)))
        closed.start()
        loop.run()
        #expect(sink.failure == .cancelled)
        #expect(!closed.wasDispatched)
        #expect(bench.count == 0)

        sink.isOpen = true
        let cancelled = transfer("/v1/chat/completions", .held(ByteBuffer(string: Self.question)))
        cancelled.start()
        loop.run()
        cancelled.cancel()
        bench.perform()
        loop.run()
        #expect(sink.status == nil)
    }

    @Test func `a held body beyond the bound is refused unread`() {
        let body = ByteBuffer(repeating: 0x20, count: DummyRequest.bodyLimit + 1)
        let transfer = transfer("/v1/chat/completions", .held(body))
        transfer.start()
        loop.run()
        bench.perform()
        loop.run()

        #expect(sink.status == 413)
    }

    @Test func `an upload beyond the bound is passed over, held nowhere, and refused at its end`() {
        let transfer = transfer("/v1/files", .streamed(length: nil), type: "multipart/form-data; boundary=X")
        transfer.start()
        let piece = ByteBuffer(repeating: 0x20, count: 1 << 20)
        for _ in 0...(DummyRequest.bodyLimit >> 20) { transfer.upload(piece) }
        #expect(service.hold(DummyService.uploadLimit), "nothing is held for it")
        transfer.upload(piece)
        loop.run()
        #expect(bench.count == 0, "the upload goes on")

        transfer.finishUpload()
        loop.run()
        bench.perform()
        loop.run()
        #expect(sink.status == 413)
    }

    @Test func `uploads that are received at once are bounded together`() {
        #expect(service.hold(DummyService.uploadLimit - 10))
        let transfer = transfer("/v1/files", .streamed(length: nil), type: "multipart/form-data; boundary=X")
        transfer.start()
        transfer.upload(ByteBuffer(repeating: 0x20, count: 11))
        transfer.finishUpload()
        loop.run()

        #expect(sink.status == 503)
        #expect(String(decoding: sink.body, as: UTF8.self).contains(#""code":"overloaded""#))
        #expect(bench.count == 0)
        #expect(service.hold(10), "what did not fit was given back")
        #expect(!service.hold(1))
    }

    @Test(arguments: ["finished", "cancelled", "dropped"])
    func `what an upload held is given back`(end: String) {
        do {
            let transfer = transfer(
                "/v1/files", .streamed(length: nil), type: "multipart/form-data; boundary=X")
            transfer.start()
            transfer.upload(ByteBuffer(repeating: 0x20, count: 100))
            #expect(!service.hold(DummyService.uploadLimit))
            switch end {
            case "finished":
                transfer.finishUpload()
                loop.run()
                bench.perform()
                loop.run()
            case "cancelled": transfer.cancel()
            default: break
            }
        }
        #expect(service.hold(DummyService.uploadLimit))
    }

    @Test func `a client that does not read gets no more than one chunk`() throws {
        let made = transfer(
            "/v1/embeddings",
            .held(
                ByteBuffer(
                    string:
                        #"{"model":"dummy","input":["a","b","c","d"],"dimensions":3072,"#
                        + #""encoding_format":"base64"}"#
                ))
        )
        sink.onBody = { [made] in made.setReceiving(false) }
        made.start()
        loop.run()
        bench.perform()
        loop.run()
        let first = sink.body.count
        loop.run()

        #expect(sink.largestChunk <= 64 << 10)
        #expect(first == sink.largestChunk)
        #expect(sink.body.count == first)
        #expect(!sink.hasEnded)

        sink.onBody = {}
        made.setReceiving(true)
        loop.run()
        #expect(sink.hasEnded)
        #expect(sink.body.count > first)
    }
}
