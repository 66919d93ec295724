import Domain
import Testing

/// Nobody takes all the room there is.
@Suite(.serialized) @EndToEnd struct CapacityTests {
    /// An upstream that answers when the door is opened, once for each request.
    private func waiting(_ more: Door) throws -> ScriptedUpstream {
        try ScriptedUpstream { connection in
            while true {
                _ = try connection.readMessage(within: 60_000)
                more.pass(within: 20)
                try connection.send(ScriptedUpstream.ok)
            }
        }
    }

    /// Until one gets something else than a 503; the status, or 0 where none came.
    private func askUntilServed(_ server: Latchkey, _ text: String) async -> Int {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if let status = try? server.ask(text).status, status != 503 { return status }
            await Task.yield()
        }
        return 0
    }

    @Test func `connections that only wait give their places to those that come`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey([
            "LATCHKEY_THREADS": "1", "LATCHKEY_MAX_CONNECTIONS": "3", "LATCHKEY_MAX_ADMIN_CONNECTIONS": "1",
        ])
        let access = try await server.access(to: upstream)
        let silent = [try server.connect(), try server.connect()]
        let used = try server.connect()
        try used.send(request("GET", "/v1/models", access))
        #expect(try used.readMessage().status == 200)
        #expect(await askUntilServed(server, request("GET", "/v1/models", access)) == 200)
        // One of them went; those that are left serve on.
        let ended = (silent + [used]).filter { !$0.isSilent(for: 0) }
        #expect(ended.count == 1)
        #expect(try ended.first?.readToEnd() == .closed)
        await server.stop()
    }

    @Test func `a connection with a request under way keeps its place`() async throws {
        let more = Door()
        let upstream = try waiting(more)
        let server = try await Latchkey([
            "LATCHKEY_THREADS": "1", "LATCHKEY_MAX_CONNECTIONS": "2", "LATCHKEY_MAX_ADMIN_CONNECTIONS": "1",
        ])
        let access = try await server.access(to: upstream)
        let busy = [try server.connect(), try server.connect()]
        for client in busy { try client.send(request("GET", "/v1/models", access)) }
        while server.metric("latchkey_requests_in_flight") < 2 { await Task.yield() }
        // Of the API nothing is served beyond the ceiling; what is not of it has room of its own.
        let refused = try server.ask(request("GET", "/v1/models", access))
        #expect(refused.status == 503 && refused["x-latchkey-error"] == "overloaded")
        #expect(refused["connection"] == "close")
        let key = "Authorization: Bearer \(server.managementKey)\r\n"
        for _ in 1...3 {
            #expect(await askUntilServed(server, request("GET", "/live")) == 200)
            let list = request("GET", "/manage/projects", nil, key)
            #expect(await askUntilServed(server, list) == 200)
        }
        for client in busy {
            more.open()
            #expect(client.end == nil)
        }
        for client in busy { #expect(try client.readMessage().status == 200) }
        await server.stop()
    }

    @Test func `strangers on the clients' listener take no room of the operators'`() async throws {
        let more = Door()
        let upstream = try waiting(more)
        let server = try await Latchkey([
            "LATCHKEY_ADMIN_LISTEN": "127.0.0.1:0", "LATCHKEY_MAX_CONNECTIONS": "1",
            "LATCHKEY_MAX_ADMIN_CONNECTIONS": "2",
        ])
        let access = try await server.access(to: upstream)
        let busy = try server.connect()
        try busy.send(request("GET", "/v1/models", access))
        while server.metric("latchkey_requests_in_flight") == 0 { await Task.yield() }
        // As many as there is room for altogether, and more.
        for _ in 1...4 {
            let stranger = try server.connect()
            #expect(try stranger.readMessage().status == 503)
        }
        let admin = try RawSocket.connect(to: server.adminPort)
        try admin.send(
            request("GET", "/manage/projects", nil, "Authorization: Bearer \(server.managementKey)\r\n"))
        #expect(try admin.readMessage().status == 200)
        more.open()
        #expect(try busy.readMessage().status == 200)
        await server.stop()
    }

    @Test func `an access token has its share of what may be under way, and no more`() async throws {
        let more = Door()
        let upstream = try waiting(more)
        let server = try await Latchkey([
            "LATCHKEY_MAX_IN_FLIGHT": "4", "LATCHKEY_MAX_IN_FLIGHT_PER_TOKEN": "2",
        ])
        let project = try await server.project(at: upstream.port)
        let (greedy, other) = (try await server.issue(for: project), try await server.issue(for: project))
        let held = [try server.connect(), try server.connect()]
        for client in held { try client.send(request("GET", "/v1/models", greedy)) }
        while server.metric("latchkey_requests_in_flight") < 2 { await Task.yield() }
        let refused = try server.ask(request("GET", "/v1/models", greedy))
        #expect(refused.status == 429 && refused["x-latchkey-error"] == "too_many_in_flight")
        #expect(refused["retry-after"] == "1" && refused.text.contains("rate_limit_exceeded"))
        let client = try server.connect()
        try client.send(request("GET", "/v1/models", other))
        while server.metric("latchkey_requests_in_flight") < 3 { await Task.yield() }
        for _ in 1...3 { more.open() }
        for client in held + [client] { #expect(try client.readMessage().status == 200) }
        // What has ended, and what was refused, takes nothing of it.
        #expect(await server.isIdle())
        for _ in 1...5 {
            more.open()
            #expect(try server.ask(request("GET", "/v1/models", greedy)).status == 200)
        }
        await server.stop()
    }

    @Test func `an access token has its share of the memory for bodies, and no more`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey([
            "LATCHKEY_THREADS": "1", "LATCHKEY_MAX_JSON_BODY": "200KiB",
            "LATCHKEY_MAX_HELD_BODIES": "800KiB",
        ])
        let project = try await server.project(at: upstream.port)
        let (greedy, other) = (try await server.issue(for: project), try await server.issue(for: project))
        // Of each, all but the first 32 KiB count.
        let size = 190_000
        func begin(_ access: Latchkey.Access) throws -> RawSocket {
            let client = try server.connect()
            let head = request(
                "POST", "/v1/embeddings", access,
                "Content-Type: application/json\r\nContent-Length: \(size + 2)\r\n")
            try client.send(head + "{" + String(repeating: " ", count: size))
            return client
        }
        let held = [try begin(greedy), try begin(greedy)]
        while server.metric("latchkey_requests_in_flight") < 2 { await Task.yield() }
        // Meanwhile the loop reads what it was sent.
        for _ in 1...5 { #expect(try server.ask(request("GET", "/live")).status == 200) }
        let refused = try begin(greedy).readMessage()
        #expect(refused.status == 503 && refused["x-latchkey-error"] == "overloaded")
        let client = try begin(other)
        for client in held + [client] {
            try client.send("}")
            #expect(try client.readMessage().status == 200)
        }
        #expect(await server.isIdle())
        #expect(try server.ask(request("POST", "/v1/embeddings", greedy, json: "{}")).status == 200)
        await server.stop()
    }

    @Test func `a body that drips is a 408, and the time of a slow upstream does not count`() async throws {
        let more = Door()
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readHead()
            more.pass(within: 20)
            _ = try connection.readToEnd(within: 10_000)
        }
        let server = try await Latchkey([
            "LATCHKEY_BODY_TIMEOUT": "500ms", "LATCHKEY_MIN_BODY_RATE": "1MiB",
        ])
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        try client.send(
            request(
                "POST", "/v1/embeddings", access,
                "Content-Type: application/json\r\nContent-Length: 1000000\r\n"))
        let begun = ContinuousClock.now
        while client.isSilent(for: 50), ContinuousClock.now - begun < .seconds(10) { try client.send(" ") }
        let answer = try client.readMessage()
        #expect(answer.status == 408 && answer["x-latchkey-error"] == "request_timeout")
        #expect(upstream.connections.isEmpty)
        #expect(server.metric("latchkey_rejections_total", "request_timeout") == 1)
        more.open()
        await server.stop()
    }
}
