import Foundation
import Testing

/// A client that leaves takes its transfer along, and everything is settled once.
@Suite(.serialized) @EndToEnd struct CancellationTests {
    nonisolated private static let isVerifying = ProcessInfo.processInfo.environment["VERIFY"] == "1"
    nonisolated private static let streamHead =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

    enum Moment: Hashable, Sendable, CaseIterable, CustomTestStringConvertible {
        case beforeHead, afterHead, midUpload
        /// In the middle of the event with this number.
        case inEvent(Int)
        /// The stream's last event is out, its body has no end yet.
        case afterLastEvent

        static let allCases: [Moment] =
            [.beforeHead, .afterHead, .midUpload] + (1...5).map(Moment.inEvent) + [.afterLastEvent]

        /// What the client has of the answer's body when it leaves.
        var seen: String {
            switch self {
            case .beforeHead, .afterHead, .midUpload: ""
            case .inEvent(let number): (1..<number).map(Self.event).joined() + "data: half of \(number)"
            case .afterLastEvent: (1...5).map(Self.event).joined() + "data: [DONE]\n\n"
            }
        }

        var testDescription: String {
            switch self {
            case .beforeHead: "before the head"
            case .afterHead: "after the head"
            case .midUpload: "in the upload"
            case .inEvent(let number): "in event \(number)"
            case .afterLastEvent: "after the last event"
            }
        }

        private static func event(_ number: Int) -> String { "data: \(number)\n\n" }
    }

    @Test(arguments: Moment.allCases, [true, false])
    func `a client that leaves ends its transfer at once, and is settled once`(
        _ moment: Moment, _ resets: Bool
    ) async throws {
        let ready = Door()
        let gone = Door()
        let upstream = try ScriptedUpstream { connection in
            if try connection.readHead().start.hasPrefix("GET") {
                return try connection.send(ScriptedUpstream.ok)
            }
            if moment != .beforeHead, moment != .midUpload { try connection.send(Self.streamHead) }
            if !moment.seen.isEmpty {
                try connection.send("\(String(moment.seen.utf8.count, radix: 16))\r\n\(moment.seen)\r\n")
            }
            ready.open()
            _ = try connection.readToEnd(within: 10000)
            gone.open()
        }
        // On one loop, so that what comes late of the first request comes before the second is settled.
        let server = try await Latchkey(["LATCHKEY_THREADS": "1"])
        let client = try server.connect()
        let access = try await server.access(to: upstream)
        let length = moment == .midUpload ? "Content-Length: 100\r\n" : ""
        try client.send(request("POST", "/v1/files", access, length) + (moment == .midUpload ? "some" : ""))
        #expect(ready.pass())
        if moment != .beforeHead, moment != .midUpload { #expect(try client.readHead().status == 200) }
        if !moment.seen.isEmpty { try client.read(upTo: moment.seen) }
        let left = ContinuousClock.now
        if resets { client.reset() } else { client.close() }
        #expect(gone.pass())
        let took = ContinuousClock.now - left
        if Self.isVerifying { #expect(took < .milliseconds(250)) }

        #expect(await server.isIdle())
        #expect(try server.ask(request("GET", "/v1/models", access)).status == 200)
        #expect(await server.isIdle())
        let lines = await server.accessLogLines(2)
        #expect(lines.count == 2 && server.metric("latchkey_requests_total") == 2)
        #expect(lines.first?.contains(#""outcome":"client_gone""#) == true)
        #expect(lines.last?.contains(#""outcome":"completed""#) == true)
        #expect(server.metric("latchkey_requests_total", "outcome=\"client_gone\"") == 1)
        #expect(server.metric("latchkey_dispatched_total") == 2)
        #expect(server.metric("latchkey_permit_defects_total") == 0)
        await server.stop()
    }

    @Test func `a client that leaves behind the last byte has had its answer`() async throws {
        let upstream = try ScriptedUpstream { connection in
            while true {
                _ = try connection.readMessage(within: 60000)
                try connection.send(Self.streamHead + "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")
            }
        }
        let server = try await Latchkey(["LATCHKEY_THREADS": "1"])
        let access = try await server.access(to: upstream)
        for number in 1...4 {
            let client = try server.connect()
            try client.send(request("POST", "/v1/files", access))
            #expect(try client.readMessage().text == "data: [DONE]\n\n")
            if number % 2 == 0 { client.reset() } else { client.close() }
        }
        #expect(await server.isIdle())
        let lines = await server.accessLogLines(4)
        #expect(lines.count == 4 && lines.allSatisfy { $0.contains(#""outcome":"completed""#) })
        #expect(server.metric("latchkey_requests_total", "outcome=\"completed\"") == 4)
        #expect(server.metric("latchkey_permit_defects_total") == 0)
        // Nobody had a reason to end the upstream's connection.
        #expect(upstream.connections.count == 1 && upstream.connections.first?.end == nil)
        await server.stop()
    }

    @Test func `a client that resets as the last byte arrives is settled once all the same`() async throws {
        let rounds = 30
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readHead()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            _ = try connection.readToEnd(within: 10000)
        }
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        for _ in 0..<rounds {
            let client = try server.connect()
            try client.send(request("GET", "/v1/models", access))
            client.reset()
        }
        // A connection that is accepted behind them: none of theirs waits in the listener any more.
        #expect(try server.ask(request("GET", "/live")).status == 200)
        #expect(await server.isIdle())
        #expect(server.metric("latchkey_requests_total") <= rounds)
        #expect(server.metric("latchkey_permit_defects_total") == 0)
        await server.stop()
    }

    @Test func `a client that ends its side behind a pipelined request has left too`() async throws {
        let ready = Door()
        let gone = Door()
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readHead()
            ready.open()
            _ = try connection.readToEnd(within: 10000)
            gone.open()
        }
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        try client.send(request("GET", "/v1/models", access) + request("GET", "/v1/models", access))
        #expect(ready.pass())
        client.finish()
        #expect(gone.pass())
        #expect(await server.isIdle())
        #expect(upstream.connections.count == 1)
        await server.stop()
    }

    @Test(arguments: ["", "GET /live HTTP/1.1\r\nHost: x\r\n\r\n"])
    func `nobody waits for the rest of a body behind which the client's side has ended`(_ before: String)
        async throws
    {
        let server = try await Latchkey()
        let client = try server.connect()
        try client.send(before + request("POST", "/manage/projects", nil, "Content-Length: 100\r\n") + "some")
        client.finish()
        if !before.isEmpty { #expect(try client.readMessage().status == 200) }
        _ = try client.readToEnd()
        await server.stop()
    }

    @Test func `what was asked of the router before the client's side ended is answered`() async throws {
        let server = try await Latchkey()
        let client = try server.connect()
        try client.send(String(repeating: request("GET", "/live"), count: 5))
        client.finish()
        for _ in 1...5 { #expect(try client.readMessage().status == 200) }
        #expect(try client.readToEnd() == .closed)
        await server.stop()
    }
}
