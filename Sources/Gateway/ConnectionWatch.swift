package import NIOCore

/// Stands first on a connection and tells the proxy handler at once when the client closes its side.
///
/// NIO's pipelining handler holds the end of input back behind a pipelined request; a client that went away would be
/// noticed only when its answer cannot be written any more.
package final class ConnectionWatch: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer

    private let proxy: ProxyHandler

    package init(proxy: ProxyHandler) { self.proxy = proxy }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed, proxy.isServing {
            proxy.clientLeft()
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }
}
