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
    /// A connection that is not read from yet. (NIO's asynchronous channel is made when somebody is there to
    /// serve it: one that is dropped unserved, as in a shutdown that meets an accept, ends the process.)
    struct Value: ServerChildChannelValue {
        let channel: any Channel
    }

    private struct ConnectionGone: Error {}

    /// Back-pressure: the upstream is paused above, and resumed below, so many bytes not yet taken by the
    /// client.
    private static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 16 * 1024, high: 64 * 1024)

    let responder: HTTPChannelHandler.Responder
    let workers: Workers

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.syncOptions?.setOption(.writeBufferWaterMark, value: Self.waterMark)
            try channel.syncOptions?.setOption(.socketOption(.tcp_nodelay), value: 1)
            try channel.syncOptions?.setOption(.autoRead, value: false)
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
            return Value(channel: channel)
        }
    }

    func handle(value: Value, logger: Logger) async {
        let channel = value.channel
        do {
            let serving = try await channel.eventLoop.submit {
                guard channel.isActive else { throw ConnectionGone() }
                let serving = try NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>(
                    wrappingChannelSynchronously: channel,
                    configuration: .init(isOutboundHalfClosureEnabled: true))
                try channel.syncOptions?.setOption(.autoRead, value: true)
                return serving
            }.get()
            await handleHTTP(asyncChannel: serving, logger: logger)
        } catch {
            channel.close(promise: nil)
        }
    }
}
