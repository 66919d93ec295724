import Testing

/// A client that leaves takes its transfer along, and everything is settled once.
@Suite(.serialized) @EndToEnd struct CancellationTests {
    enum Moment: CaseIterable { case beforeHead, afterHead, midStream, midUpload }

    @Test(arguments: Moment.allCases, [true, false])
    func `a client that leaves ends its transfer at once`(_ moment: Moment, _ resets: Bool) async throws {
        let ready = Door()
        let gone = Door()
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readHead()
            switch moment {
            case .beforeHead, .midUpload: break
            case .afterHead: try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            case .midStream:
                try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            }
            ready.open()
            _ = try connection.readToEnd(within: 10000)
            gone.open()
        }
        let server = try await Latchkey()
        let client = try server.connect()
        let access = try await server.access(to: upstream)
        let length = moment == .midUpload ? "Content-Length: 100\r\n" : ""
        try client.send(request("POST", "/v1/files", access, length) + (moment == .midUpload ? "some" : ""))
        #expect(ready.pass())
        if moment == .afterHead { #expect(try client.readHead().status == 200) }
        if moment == .midStream { try client.read(upTo: "hello") }
        if resets { client.reset() } else { client.close() }
        #expect(gone.pass())
        #expect(await server.isIdle())
        #expect(server.metric("latchkey_requests_total") == 1)
        #expect(server.metric("latchkey_requests_total", "outcome=\"client_gone\"") == 1)
        #expect(server.metric("latchkey_permit_defects_total") == 0)
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
}
