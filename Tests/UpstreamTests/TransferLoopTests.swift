import Domain
import HTTP
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Upstream

/// Transfers run alike whoever tells the loop of ready sockets.
@Suite(.serialized) struct TransferLoopTests {
    private struct Result: Sendable, Equatable {
        var status = 0
        var body = ""
        var failure: UpstreamFailure?
    }

    /// Keeps what a transfer tells. Confined to the transfer's event loop.
    private final class Collector: TransferSink {
        private var result = Result()
        private let promise: EventLoopPromise<Result>

        init(_ promise: EventLoopPromise<Result>) { self.promise = promise }
        func transferMayDispatch() -> Bool { true }
        func transferDidReceiveHead(_ head: ResponseHead) { result.status = head.status }
        func transferDidReceiveBody(_ bytes: ByteBuffer) { result.body += String(buffer: bytes) }
        func transferDidTakeUpload() {}
        func transferDidEnd(_ failure: UpstreamFailure?) {
            result.failure = failure
            promise.succeed(result)
        }
        func transferDidDeliver() {}
    }

    /// Answers each request with its target; `/cut` with half an answer.
    private final class Echo: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private var text = ""

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
            while let end = text.firstRange(of: "\r\n\r\n") {
                let target = text.split(separator: " ").dropFirst().first.map(String.init) ?? ""
                text = String(text[end.upperBound...])
                let isCut = target == "/cut"
                let answer =
                    "HTTP/1.1 200 OK\r\ncontent-length: \(target.utf8.count + (isCut ? 9 : 0))\r\n\r\n"
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer + target)), promise: nil)
                if isCut { context.close(promise: nil) }
            }
        }
    }

    /// Writes down in which order it hears what, up to a while after the last end.
    private final class Scribe: TransferSink {
        private var heard: [String] = []
        private var awaited: Int
        private let promise: EventLoopPromise<[String]>

        init(awaiting count: Int, _ promise: EventLoopPromise<[String]>) {
            awaited = count
            self.promise = promise
        }
        func transferMayDispatch() -> Bool { true }
        func transferDidReceiveHead(_: ResponseHead) {}
        func transferDidReceiveBody(_: ByteBuffer) {}
        func transferDidTakeUpload() {}
        func transferDidEnd(_ failure: UpstreamFailure?) {
            heard.append(failure == .addressForbidden ? "end" : "another end")
            awaited -= 1
            guard awaited == 0 else { return }
            let me = NIOLoopBound(self, eventLoop: promise.futureResult.eventLoop)
            promise.futureResult.eventLoop.execute { me.value.promise.succeed(me.value.heard) }
        }
        func transferDidDeliver() { heard.append("flush") }
    }

    private func target(_ host: String, _ port: UInt16) -> UpstreamTarget {
        UpstreamTarget(
            UpstreamOrigin(scheme: .http, host: host, port: port), basePath: "", credential: nil)
    }

    @Test func `what comes together is flushed when all of it was told`() async throws {
        TransferLoop.initialiseLibrary()
        let eventLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
        // Refused at once, without a socket: all three end in the loop's next batch.
        let target = self.target("169.254.169.254", 80)
        let heard = try await eventLoop.flatSubmit {
            let loop = TransferLoop(
                eventLoop: eventLoop, poller: ReadinessPoller(), options: TransferOptions())
            let promise = eventLoop.makePromise(of: [String].self)
            let scribe = Scribe(awaiting: 3, promise)
            for _ in 0..<3 {
                _ = loop.start(request("/", to: target, on: loop), sink: scribe)
            }
            return promise.futureResult
        }.get()
        #expect(heard == ["end", "end", "end", "flush", "flush", "flush"])
    }

    @Test func `a buffer that nobody holds any more is used again`() async throws {
        TransferLoop.initialiseLibrary()
        let eventLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
        try await eventLoop.submit {
            let loop = TransferLoop(
                eventLoop: eventLoop, poller: ReadinessPoller(), options: TransferOptions())
            func address(_ buffer: borrowing ByteBuffer) -> UnsafeRawPointer? {
                buffer.withVeryUnsafeBytes { $0.baseAddress }
            }
            var first = loop.makePiece()
            first.writeString("of the last answer")
            let place = address(first)
            loop.keep(piece: consume first)
            let second = loop.makePiece()
            #expect(second.readableBytes == 0)
            #expect(address(second) == place)
            // Others may still have it.
            let held = second
            loop.keep(piece: consume second)
            #expect(address(loop.makePiece()) != place)
            #expect(address(held) == place)
        }.get()
    }

    /// How many connections were made.
    private final class Accepted: Sendable {
        private let number = Atomic(0)
        var count: Int { number.load(ordering: .relaxed) }
        func add() { number.add(1, ordering: .relaxed) }
    }

    @Test(arguments: [true, false])
    func `requests are answered, one after another and all at once`(_ prefersSignal: Bool) async throws {
        TransferLoop.initialiseLibrary()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let accepted = Accepted()
        let server = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                accepted.add()
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Echo())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = UInt16(try #require(server.localAddress?.port))
        let target = self.target("127.0.0.1", port)
        let eventLoop = group.next()
        let loop = try await eventLoop.submit {
            NIOLoopBound(
                TransferLoop(
                    eventLoop: eventLoop, poller: ReadinessPoller(), options: TransferOptions(),
                    prefersSignal: prefersSignal),
                eventLoop: eventLoop)
        }.get()
        @Sendable func ask(_ path: String) async throws -> Result {
            try await eventLoop.flatSubmit {
                let promise = eventLoop.makePromise(of: Result.self)
                _ = loop.value.start(request(path, to: target, on: loop.value), sink: Collector(promise))
                return promise.futureResult
            }.get()
        }
        for number in 0..<100 {
            #expect(try await ask("/\(number)") == Result(status: 200, body: "/\(number)"))
        }
        #expect(accepted.count == 1)
        let answers = try await withThrowingTaskGroup(of: Result.self) { tasks in
            for number in 0..<100 { tasks.addTask { try await ask("/\(number)") } }
            return try await tasks.reduce(into: Set<String>()) { $0.insert($1.body) }
        }
        #expect(answers == Set((0..<100).map { "/\($0)" }))
        let most = accepted.count
        #expect(most <= 100)
        for _ in 0..<10 { #expect(try await ask("/again").status == 200) }
        #expect(accepted.count == most)
        #expect(try await ask("/cut").failure == .truncated)
        // The connection that was cut is not waited for, nor made again while others are idle.
        #expect(try await ask("/after") == Result(status: 200, body: "/after"))
        #expect(accepted.count == most)
        #expect(try await eventLoop.submit { loop.value.liveCount }.get() == 0)
        // The connections and the spares of the hundred go, look by look, and then there is nothing to look
        // after.
        var looks = 0
        while try await eventLoop.submit({ loop.value.hasToLook }).get(), looks < 20 {
            let later = NIODeadline.now() + .minutes(2)
            try await eventLoop.submit { loop.value.look(at: later) }.get()
            looks += 1
        }
        #expect(try await !eventLoop.submit { loop.value.hasToLook }.get())
        // The loops live as long as the process: their group is not shut down.
        try await server.close()
    }
}

/// A GET.
private func request(_ path: String, to target: UpstreamTarget, on loop: TransferLoop) -> UpstreamRequest {
    var head = loop.makeHead()
    Array(path.utf8).withUnsafeBytes { head.begin(.get, to: target, $0) }
    return UpstreamRequest(to: target, method: .get, head: head, body: .none)
}
