import Glibc
import NIOCore

/// What follows the last byte of a response, and how the connection ends.
extension ClientConnection {
    /// The answer is out, and the request is in or of no interest any more: on to the next one, or away.
    func finish(closing: Bool = false) {
        guard !closing, !isLastAnswer else { return closeWhenWritten() }
        phase = .head
        if input.readableBytes > 0 {
            parse()
        } else if !isParsing {
            passOnEnd()
        }
        readOn()
    }

    /// The answer is out, the request is not in, and the connection is to go: close our side, so that the
    /// client reads the answer before it learns that nobody takes its body, and give it a moment to stop.
    func finishEarly() {
        guard let context else { return }
        phase = .closing
        proxy.flush()
        isLingering = true
        context.close(mode: .output, promise: nil)
        readOn()
    }

    /// A client that does not take the rest is given up as any other: see ``look(at:)``.
    func closeWhenWritten() {
        phase = .closing
        whenWritten { [self] in close() }
    }

    /// At once, whatever is unwritten; with a reset where ``endsWithReset`` says so.
    func close() {
        phase = .closing
        if endsWithReset, let options = context?.channel as? any SocketOptionProvider {
            _ = options.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }
        context?.close(promise: nil)
    }

    /// Runs `action` on the event loop once the kernel has all that was written so far, or the connection is
    /// gone.
    func whenWritten(_ action: @escaping () -> Void) {
        proxy.flush()
        guard let context else { return action() }
        let written = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(action, eventLoop: context.eventLoop)
        written.futureResult.whenComplete { _ in bound.value() }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
    }
}
