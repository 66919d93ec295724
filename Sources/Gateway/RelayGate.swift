package import NIOCore
package import NIOHTTP1

/// Stands between NIO's encoder and its pipelining handler and lets nothing of a relayed response through.
///
/// ``ProxyHandler`` writes its responses as bytes, past the encoder. The pipelining handler still has to see
/// one end for each request; what it sees stops here.
package final class RelayGate: ChannelOutboundHandler {
    package typealias OutboundIn = HTTPServerResponsePart
    package typealias OutboundOut = HTTPServerResponsePart

    private let proxy: ProxyHandler

    package init(proxy: ProxyHandler) { self.proxy = proxy }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard proxy.isEndingRelay else { return context.write(data, promise: promise) }
        // Whoever waits for the end waits for the bytes before it.
        if let promise { proxy.front?.writeAndFlush(NIOAny(ByteBuffer()), promise: promise) }
    }
}
