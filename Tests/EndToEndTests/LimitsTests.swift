import Domain
import Testing

/// The timers and ceilings of the client's side.
@Suite(.serialized) @EndToEnd struct LimitsTests {
    @Test func `a head that does not come whole is a 408, however it drips`() async throws {
        let server = try await Latchkey(["LATCHKEY_HEAD_TIMEOUT": "400ms"])
        let client = try server.connect()
        try client.send("GET /v1/models HTTP/1.1\r\nHost: a\r\n")
        let begun = ContinuousClock.now
        while client.isSilent(for: 50) { try client.send("X: y\r\n") }
        #expect(try client.readMessage().status == 408)
        #expect(try client.readToEnd() == .closed)
        #expect(ContinuousClock.now - begun < .seconds(4))
        await server.stop()
    }

    @Test func `a body that stands still is a 408, and nothing of a held one is dispatched`() async throws {
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readHead()
            _ = try connection.readToEnd(within: 10_000)
        }
        let server = try await Latchkey(["LATCHKEY_BODY_TIMEOUT": "300ms"])
        let access = try await server.access(to: upstream)
        let held = try server.connect()
        try held.send(
            request("POST", "/v1/chat/x", access, "Content-Type: application/json\r\nContent-Length: 9\r\n")
                + "{")
        #expect(try held.readMessage().status == 408)
        #expect(try held.readToEnd() == .closed)
        #expect(upstream.connections.isEmpty)
        let streamed = try server.connect()
        try streamed.send(request("POST", "/v1/files", access, "Content-Length: 9\r\n") + "some")
        #expect(try streamed.readMessage().status == 408)
        #expect(try streamed.readToEnd() == .closed)
        #expect(await server.isIdle())
        #expect(server.metric("latchkey_rejections_total", "request_timeout") == 2)
        // What comes slowly, but comes, is taken.
        let slow = try server.connect()
        try slow.send(request("POST", "/v1/chat/x", nil, "Content-Length: 8\r\n"))
        #expect(try slow.readMessage().status == 401)
        await server.stop()
    }

    @Test func `a connection without a request is closed after its time, one with a request is not`()
        async throws
    {
        let more = Door()
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readHead()
            more.pass(within: 10)
            try connection.send(ScriptedUpstream.ok)
        }
        let server = try await Latchkey(["LATCHKEY_KEEP_ALIVE_TIMEOUT": "300ms"])
        let access = try await server.access(to: upstream)
        let busy = try server.connect()
        try busy.send(request("GET", "/v1/models", access))
        let silent = try server.connect()
        let used = try server.connect()
        try used.send(request("GET", "/live"))
        #expect(try used.readMessage().status == 200)
        #expect(try silent.readToEnd() == .closed)
        #expect(try used.readToEnd() == .closed)
        #expect(busy.end == nil)
        more.open()
        #expect(try busy.readMessage().status == 200)
        await server.stop()
    }

    @Test func `a client that takes nothing is dropped, and its upstream with it`() async throws {
        let gone = Door()
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readHead()
            try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            let piece = "10000\r\n" + String(repeating: "x", count: 65536) + "\r\n"
            while (try? connection.send(piece)) != nil {}
            gone.open()
        }
        let server = try await Latchkey(["LATCHKEY_WRITE_TIMEOUT": "500ms"])
        let client = try server.connect()
        try client.send(request("GET", "/v1/models", try await server.access(to: upstream)))
        #expect(gone.pass(within: 10))
        #expect(await server.isIdle())
        _ = try client.readToEnd()
        #expect(!client.text.hasSuffix("0\r\n\r\n"))
        await server.stop()
    }

    @Test func `connections and requests beyond the ceiling get a fast 503, and room is used again`()
        async throws
    {
        let more = Door()
        let upstream = try ScriptedUpstream { connection in
            while true {
                _ = try connection.readMessage(within: 60_000)
                more.pass(within: 10)
                try connection.send(ScriptedUpstream.ok)
            }
        }
        let server = try await Latchkey(["LATCHKEY_MAX_IN_FLIGHT": "1", "LATCHKEY_MAX_CONNECTIONS": "2"])
        let access = try await server.access(to: upstream)
        let first = try server.connect()
        try first.send(request("GET", "/v1/models", access))
        while server.metric("latchkey_requests_in_flight") == 0 { await Task.yield() }
        let second = try server.connect()
        try second.send(request("GET", "/v1/models", access))
        let refused = try second.readMessage()
        #expect(
            refused.status == 503 && refused["x-latchkey-error"] == "overloaded"
                && refused["retry-after"] == "1")
        let third = try server.connect()
        try third.send(request("GET", "/v1/models", access))
        #expect(try third.readMessage().status == 503)
        #expect(try third.readToEnd() == .closed)
        third.close()
        more.open()
        #expect(try first.readMessage().status == 200)
        more.open()
        try second.send(request("GET", "/v1/models", access))
        #expect(try second.readMessage().status == 200)
        first.close()
        second.close()
        #expect(await server.isIdle())
        // The places are free again as soon as the server has noticed.
        let deadline = ContinuousClock.now + .seconds(5)
        var status = 503
        while status == 503, ContinuousClock.now < deadline {
            let next = try server.connect()
            more.open()
            try next.send(request("GET", "/v1/models", access))
            status = (try? next.readMessage().status) ?? 503
            next.close()
        }
        #expect(status == 200)
        await server.stop()
    }

    @Test func `while the server drains, running requests end and new ones are refused`() async throws {
        let more = Door()
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readHead()
            more.pass(within: 10)
            try connection.send(ScriptedUpstream.ok)
        }
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let (running, idle) = (try server.connect(), try server.connect())
        try idle.send(request("GET", "/live"))
        #expect(try idle.readMessage().status == 200)
        try running.send(request("GET", "/v1/models", access))
        while server.metric("latchkey_requests_in_flight") == 0 { await Task.yield() }
        await server.drain()
        var refused = try server.ask(request("GET", "/v1/models", access))
        while refused.status != 503 { refused = try server.ask(request("GET", "/v1/models", access)) }
        #expect(refused["x-latchkey-error"] == "draining" && refused["connection"] == "close")
        #expect(try server.ask(request("GET", "/ready")).status == 503)
        try idle.send(request("GET", "/v1/models", access))
        #expect(try idle.readMessage().status == 503)
        #expect(try idle.readToEnd() == .closed)
        more.open()
        let answer = try running.readMessage()
        #expect(answer.status == 200)
        #expect(try running.readToEnd() == .closed)
        #expect(upstream.connections.count == 1)
        await server.stop()
    }

    @Test func `a body that nobody takes does not hold the drain`() async throws {
        let server = try await Latchkey()
        let clients = [try server.connect(), try server.connect()]
        for (client, target) in zip(clients, ["/v1/files", "/manage/projects"]) {
            try client.send(request("POST", target, nil, "Content-Length: 100\r\n") + "abc")
            #expect(try client.readMessage().status == 401)
        }
        await server.drain()
        for client in clients { #expect(try client.readToEnd() == .closed) }
        await server.stop()
    }
}
