import CCurl
import NIOCore
import NIOPosix

/// Wakes an event loop when a socket that NIO does not know is ready, without a thread in between.
///
/// NIO waits in its own `epoll_wait` and cannot be handed a foreign descriptor. So a transfer loop keeps its
/// sockets in an epoll set of its own; the kernel polls that set for us (`IOCB_CMD_POLL`) and writes to an
/// eventfd when it has an event; and the eventfd is a channel of the event loop like any other. One request
/// arms it for one event, and it is armed again when the set has been looked through: one wake-up per batch,
/// however many sockets.
///
/// ```
/// sockets ─▶ epoll set ─ kernel poll ─▶ eventfd ─▶ NIO's selector ─▶ TransferLoop.process ─ arm ─▶ …
/// ```
@safe
final class ReadinessSignal {
    /// Completed polls the kernel keeps for us before it refuses another; they are forgotten in batches.
    private static let ringSize = 64

    private let set: Int32
    private let event: Int32
    private var context: aio_context_t = 0
    private var armsLeft = ringSize / 2

    /// Nil where the kernel, or the sandbox around the process, has no asynchronous polling. Begins armed, as
    /// soon as the event loop has taken the eventfd.
    init?(watching set: Int32, on eventLoop: any EventLoop, onReady: @escaping () -> Void) {
        self.set = set
        event = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard event >= 0, unsafe lk_aio_setup(UInt32(Self.ringSize), &context) == 0 else { return nil }
        guard lk_aio_signal_when_readable(context, set, event) == 1 else { return nil }
        let ear = NIOLoopBound(Ear(onReady), eventLoop: eventLoop)
        NIOPipeBootstrap(group: eventLoop)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 8))
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ear.value)
                }
            }
            .takingOwnershipOfDescriptor(input: event)
            .whenFailure { error in preconditionFailure("the event loop refused an eventfd: \(error)") }
    }

    /// Lets the set signal once more; at once where it has an event already.
    func arm() {
        armsLeft -= 1
        if armsLeft == 0 {
            lk_aio_forget_completed(context)
            armsLeft = Self.ringSize / 2
        }
        let count = lk_aio_signal_when_readable(context, set, event)
        precondition(count == 1, "io_submit failed")
    }

    private final class Ear: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let onReady: () -> Void

        init(_ onReady: @escaping () -> Void) { self.onReady = onReady }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { onReady() }
    }
}
