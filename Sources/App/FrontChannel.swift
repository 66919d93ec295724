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
/// socket ─ ClientConnection ┬─ /v1/: transfers
///                           └─ HTTP/1 encoder ─ RouterGate ─ HTTPTypes codec ─ Hummingbird's router
/// ```
///
/// What is behind the branch is made when a connection's first request for the router comes: most have none.
struct FrontChannel: ServerChildChannel, HTTPChannelHandler {
    struct Value: ServerChildChannelValue {
        let channel: any Channel
        let connection: NIOLoopBound<ClientConnection>
    }

    let responder: HTTPChannelHandler.Responder
    let workers: Workers
    let streamBuffer: Int
    /// False on the operators' listener, where `/v1/` is the router's too.
    let takesExchanges: Bool

    /// A connection that cannot be set up is logged and closed: its client must not wait for an answer.
    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            do {
                return try prepare(channel)
            } catch {
                logger.error("cannot set up a connection", metadata: ["error": "\(error)"])
                channel.close(promise: nil)
                throw error
            }
        }
    }

    private func prepare(_ channel: any Channel) throws -> Value {
        // Back-pressure: the upstream is paused above, and resumed below, so many bytes not yet taken.
        let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: streamBuffer / 4, high: streamBuffer)
        try channel.syncOptions?.setOption(.writeBufferWaterMark, value: waterMark)
        try channel.syncOptions?.setOption(.tcpOption(.tcp_nodelay), value: 1)
        try channel.syncOptions?.setOption(.autoRead, value: false)
        let connection = ClientConnection(
            worker: workers.worker(of: channel.eventLoop), takesExchanges: takesExchanges)
        try channel.pipeline.syncOperations.addHandler(connection)
        return Value(channel: channel, connection: NIOLoopBound(connection, eventLoop: channel.eventLoop))
    }

    func handle(value: Value, logger: Logger) async {
        let (channel, connection) = (value.channel, value.connection)
        do {
            try await withTaskCancellationHandler {
                try await channel.eventLoop.flatSubmit { connection.value.whenRouted() }.get()
            } onCancel: {
                channel.close(promise: nil)
            }
            let serving = try await channel.eventLoop.submit {
                let pipeline = channel.pipeline.syncOperations
                try pipeline.addHandler(HTTPResponseEncoder())
                try pipeline.addHandler(RouterGate(connection.value))
                try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
                let serving = try NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>(
                    wrappingChannelSynchronously: channel,
                    configuration: .init(isOutboundHalfClosureEnabled: true))
                try channel.syncOptions?.setOption(.autoRead, value: true)
                connection.value.startRouting()
                return serving
            }.get()
            await handleHTTP(asyncChannel: serving, logger: logger)
        } catch {
            // It ended before anybody asked the router for anything.
            channel.close(promise: nil)
        }
    }
}
