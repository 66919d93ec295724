import Domain
import Glibc
import HTTP
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Upstream

/// How long a connection is kept and used: the clock is moved, nothing is waited for.
@Suite(.serialized) struct ConnectionPoolTests {
    /// The connections that an upstream has accepted, and how many of those have ended.
    private final class Accepted: Sendable {
        let made = Atomic(0)
        let ended = Atomic(0)
    }

    /// Answers each request with nothing.
    private final class Answering: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let accepted: Accepted
        private let whenEnded: EventLoopPromise<Void>

        init(_ accepted: Accepted, _ whenEnded: EventLoopPromise<Void>) {
            self.accepted = accepted
            self.whenEnded = whenEnded
        }

        func channelActive(context: ChannelHandlerContext) { accepted.made.add(1, ordering: .relaxed) }
        func channelInactive(context: ChannelHandlerContext) {
            accepted.ended.add(1, ordering: .relaxed)
            whenEnded.succeed()
        }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let answer = ByteBuffer(string: "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
        }
    }

    private final class Waiting: TransferSink {
        private let promise: EventLoopPromise<UpstreamFailure?>
        init(_ promise: EventLoopPromise<UpstreamFailure?>) { self.promise = promise }
        func transferMayDispatch() -> Bool { true }
        func transferDidReceiveHead(_: ResponseHead) {}
        func transferDidReceiveBody(_: ByteBuffer) {}
        func transferDidTakeUpload() {}
        func transferDidEnd(_ failure: UpstreamFailure?) { promise.succeed(failure) }
        func transferDidDeliver() {}
    }

    /// A loop, and an upstream on another event loop.
    private struct Stage {
        let eventLoop: any EventLoop
        let loop: NIOLoopBound<TransferLoop>
        let server: any Channel
        let target: UpstreamTarget
        let accepted = Accepted()
        /// When the first of its connections has ended.
        let firstEnd: EventLoopFuture<Void>

        init() async throws {
            TransferLoop.initialiseLibrary()
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
            let eventLoop = group.next()
            let ended = group.next().makePromise(of: Void.self)
            let accepted = accepted
            server = try await ServerBootstrap(group: group)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Answering(accepted, ended))
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            target = UpstreamTarget(
                UpstreamOrigin(
                    scheme: .http, host: "127.0.0.1", port: UInt16(server.localAddress?.port ?? 0)),
                basePath: "", credential: nil)
            firstEnd = ended.futureResult
            self.eventLoop = eventLoop
            loop = try await eventLoop.submit {
                NIOLoopBound(
                    TransferLoop(
                        eventLoop: eventLoop, poller: ReadinessPoller(), options: TransferOptions()),
                    eventLoop: eventLoop)
            }.get()
        }

        func ask() async throws {
            let (loop, target, eventLoop) = (loop, target, eventLoop)
            let failure = try await eventLoop.flatSubmit {
                let promise = eventLoop.makePromise(of: UpstreamFailure?.self)
                var head = loop.value.makeHead()
                [UInt8]("/".utf8).withUnsafeBytes { head.begin(.get, to: target, $0) }
                _ = loop.value.start(
                    UpstreamRequest(to: target, method: .get, head: head, body: .none),
                    sink: Waiting(promise))
                return promise.futureResult
            }.get()
            #expect(failure == nil)
        }

        /// The loop looks after its connections as it would so much later.
        func look(after time: TimeAmount) async throws {
            let loop = loop
            try await eventLoop.submit { loop.value.look(at: .now() + time) }.get()
        }

        func numbers() async throws -> [Int] {
            let loop = loop
            return try await eventLoop.submit {
                let tally = loop.value.tally
                return [tally.open.value, tally.idle.value, tally.made.value, tally.reused.value]
            }.get()
        }
    }

    @Test func `a connection that is idle for too long is closed, and one that is not is kept`() async throws
    {
        let stage = try await Stage()
        try await stage.ask()
        #expect(try await stage.numbers() == [1, 1, 1, 0])
        try await stage.look(after: ConnectionPool.idleLimit - .seconds(5))
        #expect(try await stage.numbers() == [1, 1, 1, 0])
        try await stage.ask()
        #expect(try await stage.numbers() == [1, 1, 1, 1])
        try await stage.look(after: ConnectionPool.idleLimit + .milliseconds(1))
        #expect(try await stage.numbers() == [0, 0, 1, 1])
        try await stage.firstEnd.get()
        try await stage.ask()
        #expect(try await stage.numbers() == [1, 1, 2, 1])
        #expect(stage.accepted.made.load(ordering: .relaxed) == 2)
        try await stage.server.close()
    }

    /// Puts a connection of this age in front of the idle ones. Returns its other end.
    private func addIdle(to stage: Stage, madeBefore age: TimeAmount) async throws -> Int32 {
        let loop = stage.loop
        return try await stage.eventLoop.submit {
            let loop = loop.value
            var pool: ConnectionPool?
            for socket in Int32(0)..<4096 {
                if case .connection(let connection) = loop.sockets.owner(of: socket) {
                    pool = connection.pool
                }
            }
            var ends: [Int32] = [0, 0]
            #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
            _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
            loop.sockets.open(ends[0])
            let connection = Connection(
                ends[0], through: nil, in: try #require(pool), of: loop, at: .now() - age)
            loop.sockets.give(ends[0], to: .connection(connection))
            loop.tally.open.add()
            loop.release(connection, isReusable: true)
            return ends[1]
        }.get()
    }

    @Test func `a connection is not used beyond its age, however lately it was used`() async throws {
        let stage = try await Stage()
        try await stage.ask()
        let other = try await addIdle(to: stage, madeBefore: ConnectionPool.ageLimit)
        defer { close(other) }
        #expect(try await stage.numbers() == [2, 2, 1, 0])
        try await stage.ask()
        #expect(try await stage.numbers() == [1, 1, 1, 1])
        var byte: UInt8 = 0
        #expect(read(other, &byte, 1) == 0, "it is closed, and nothing was sent on it")
        #expect(stage.accepted.made.load(ordering: .relaxed) == 1)
        try await stage.server.close()
    }

    @Test func `a connection is used up to its age, the last one used first`() async throws {
        let stage = try await Stage()
        try await stage.ask()
        let other = try await addIdle(to: stage, madeBefore: ConnectionPool.ageLimit - .seconds(30))
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        async let asking: Void = stage.ask()
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(other, &bytes, bytes.count)
        #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).hasPrefix("GET / HTTP/1.1\r\n"))
        #expect(write(other, answer, answer.utf8.count) == answer.utf8.count)
        try await asking
        close(other)
        try await stage.server.close()
    }
}
