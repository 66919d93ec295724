package import NIOCore

/// Stands first on a connection: the proxy handler's way out to the socket, past the encoder. And it keeps an
/// ear on the client while its answer is under way.
///
/// It tells the proxy handler at once when the client closes its side: NIO's pipelining handler holds the end
/// of input back behind a pipelined request. And it reads on meanwhile, once, where the pipelining handler
/// would stop and start again: most clients send nothing then, and two `epoll_ctl` calls a request are saved.
/// Whoever does send more is not read from until the answer is out.
package final class ConnectionWatch: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer

    private let proxy: ProxyHandler
    private var bytesAhead = 0
    /// Bytes of further requests that are taken while an answer is out: enough to see a client leave behind
    /// them.
    private static let maximumAhead = 64 * 1024

    package init(proxy: ProxyHandler) { self.proxy = proxy }

    package func handlerAdded(context: ChannelHandlerContext) { proxy.front = context }
    package func handlerRemoved(context: ChannelHandlerContext) { proxy.front = nil }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytesAhead = proxy.awaitsResponse ? bytesAhead + unwrapInboundIn(data).readableBytes : 0
        context.fireChannelRead(data)
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        if proxy.awaitsResponse, bytesAhead < Self.maximumAhead { context.read() }
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { proxy.quiesce() }
        if event as? ChannelEvent == .inputClosed, proxy.isServing {
            proxy.clientLeft()
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }
}
