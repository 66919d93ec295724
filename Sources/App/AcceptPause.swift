import Glibc
import Logging
import NIOCore

/// Lets the listener rest for a moment when the system has no descriptor (or no memory) for another
/// connection.
///
/// NIO stays registered for a connection that it failed to take, so that epoll reports it again at once, and
/// the event loop spins until a descriptor comes free. Here nothing is asked of the listener for ``pause``
/// after a failure; those who wait are in the kernel's backlog meanwhile.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private static let pause = TimeAmount.milliseconds(250)
    /// A server that is short of descriptors fails four times a second.
    private static let logInterval = TimeAmount.minutes(1)

    private let logger: Logger
    private var resumption: Scheduled<Void>?
    private var quietUntil = NIODeadline.uptimeNanoseconds(0)

    private init(logger: Logger) { self.logger = logger }

    /// - Parameter listener: a channel that accepts connections and reads by itself (`autoRead`).
    static func install(on listener: any Channel, logger: Logger) async throws {
        try await listener.eventLoop.submit {
            try listener.pipeline.syncOperations.addHandler(AcceptPause(logger: logger), position: .first)
        }.get()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? IOError {
            log(error, at: context.eventLoop.now)
            rest(context)
        }
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        resumption?.cancel()
        context.fireChannelInactive()
    }

    private func rest(_ context: ChannelHandlerContext) {
        // Off only works from on; whoever else has asked for a read since then has it taken back.
        Self.setAutoRead(true, on: context.channel)
        Self.setAutoRead(false, on: context.channel)
        resumption?.cancel()
        let channel = context.channel
        resumption = context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
            Self.setAutoRead(true, on: channel)
        }
    }

    /// Fails on a channel that is closed only, where there is nothing to accept.
    private static func setAutoRead(_ value: Bool, on channel: any Channel) {
        try? channel.syncOptions?.setOption(.autoRead, value: value)
    }

    private func log(_ error: IOError, at now: NIODeadline) {
        guard now >= quietUntil else { return }
        quietUntil = now + Self.logInterval
        logger.warning(
            "cannot accept connections",
            metadata: [
                "reason": "\(String(cString: strerror(error.errnoCode)))",
                "limit": "\(DescriptorLimit.current)",
            ])
    }
}
