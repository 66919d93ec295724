package import NIOCore
package import NIOHTTP1

/// Tells the connection when the router's answer is out, and the client when it is the last.
package final class RouterGate: ChannelOutboundHandler {
    package typealias OutboundIn = HTTPServerResponsePart
    package typealias OutboundOut = HTTPServerResponsePart

    private let connection: ClientConnection

    package init(_ connection: ClientConnection) { self.connection = connection }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard connection.routerMayAnswer() else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head) where connection.isLastAnswer:
            head.headers.replaceOrAdd(name: "connection", value: "close")
            // The encoder then frames a body without a length by the end of the connection, not in chunks.
            if !connection.isHTTP11 { head.version = .http1_0 }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .head, .body: context.write(data, promise: promise)
        case .end:
            context.writeAndFlush(data, promise: promise)
            connection.routerDidAnswer()
        }
    }
}
