import Logging
import NIOCore
import NIOPosix
import Testing

@testable import App

@Suite struct ConnectionSetupTests {
    /// A datagram socket, which has no TCP options, stands for every reason for which the set-up can fail.
    @Test func `a connection whose set-up fails is logged and closed`() async throws {
        let latchkey = try await Latchkey()
        let text = LogText()
        let logger = Logger(label: "latchkey") { _ in StreamLogHandler(label: "latchkey", stream: text) }
        let front = FrontChannel(
            responder: { _, _, _ in Issue.record("nothing is to be asked on this connection") },
            workers: latchkey.wiring.dataPath.workers, streamBuffer: 65_536, takesExchanges: true)

        let channel = try await DatagramBootstrap(group: latchkey.wiring.dataPath.group)
            .bind(host: "127.0.0.1", port: 0).get()
        await #expect(throws: (any Error).self) {
            _ = try await channel.eventLoop.flatSubmit { front.setup(channel: channel, logger: logger) }.get()
        }

        try await channel.closeFuture.get()
        #expect(text.text.contains("error latchkey: error="), "\(text.text)")
        #expect(text.text.contains("cannot set up a connection"))
        await latchkey.stop()
    }
}
