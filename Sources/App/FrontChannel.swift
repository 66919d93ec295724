import Gateway
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// The pipeline of an accepted connection: one port, on which `/v1/` is the data path's and the rest the
/// router's.
///
/// ```
/// socket ─ ConnectionWatch ─ HTTP/1 codec ─ RelayGate ─ pipelining ─ ProxyHandler ┬─ /v1/: transfers
///                                                                     └─ HTTPTypes codec ─ Hummingbird's router
/// ```
struct FrontChannel: ServerChildChannel, HTTPChannelHandler {
    typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    /// Back-pressure: the upstream is paused above, and resumed below, so many bytes not yet taken by the
    /// client.
    private static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 16 * 1024, high: 64 * 1024)

    let responder: HTTPChannelHandler.Responder
    let workers: Workers

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.syncOptions?.setOption(.writeBufferWaterMark, value: Self.waterMark)
            try channel.syncOptions?.setOption(.socketOption(.tcp_nodelay), value: 1)
            let proxy = ProxyHandler(worker: workers.worker(of: channel.eventLoop))
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(ConnectionWatch(proxy: proxy))
            try pipeline.addHandler(HTTPResponseEncoder())
            try pipeline.addHandler(
                ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
            try pipeline.addHandler(RelayGate(proxy: proxy))
            try pipeline.addHandler(HTTPServerPipelineHandler())
            try pipeline.addHandler(proxy)
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            try pipeline.addHandler(HTTPConnectionStateHandler(logger: logger))
            return try NIOAsyncChannel(
                wrappingChannelSynchronously: channel,
                configuration: .init(isOutboundHalfClosureEnabled: true))
        }
    }

    func handle(value: Value, logger: Logger) async { await handleHTTP(asyncChannel: value, logger: logger) }
}
