import Foundation
import Testing

@testable import App

/// Upstreams that cannot be connected to, connect late, or close as we send.
@Suite(.serialized) @EndToEnd struct UpstreamConnectionTests {
    private func check(_ answer: RawMessage, _ status: Int, _ code: String, _ reason: String) {
        #expect(answer.status == status && answer["x-latchkey-error"] == reason)
        #expect(answer.text.contains("\"type\":\"server_error\"") && answer.text.contains("\"\(code)\""))
    }

    /// Nothing was sent, all was settled, and the server serves on.
    private func checkNothingSent(_ server: Latchkey, _ count: Int = 1) async throws {
        #expect(await server.isIdle())
        #expect(
            server.metric("latchkey_requests_total") == count
                && server.metric("latchkey_dispatched_total") == 0)
        #expect(await server.accessLogLines(count).count == count)
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let access = try await server.access(toURL: "http://127.0.0.1:\(upstream.port)", project: "other")
        #expect(try server.ask(request("GET", "/v1/models", access)).status == 200)
        await server.stop()
    }

    private func unusedPort() throws -> Int {
        let nobody = RawSocket.makeSocket()
        defer { close(nobody) }
        return try ScriptedUpstream.listen(nobody, backlog: 1)
    }

    @Test(arguments: ["127.0.0.1", "localhost"])
    func `nobody listens: a 502`(_ host: String) async throws {
        let server = try await Latchkey()
        let access = try await server.access(toURL: "http://\(host):\(unusedPort())")
        check(
            try server.ask(request("POST", "/v1/chat/x", access, json: "{}")), 502, "upstream_unavailable",
            "upstream_connect")
        try await checkNothingSent(server)
    }

    @Test func `a name that does not resolve: a 502`() async throws {
        let server = try await Latchkey()
        // A label of more than 63 characters: no resolver has to be asked.
        let access = try await server.access(toURL: "http://\(String(repeating: "a", count: 64)).test")
        check(
            try server.ask(request("POST", "/v1/chat/x", access, json: "{}")), 502, "upstream_unavailable",
            "upstream_resolve")
        try await checkNothingSent(server)
    }

    @Test(arguments: [
        "169.254.169.254", "2852039166", "0xa9fea9fe", "[fe80::1]", "[fd00:ec2::254]",
        "[::ffff:169.254.169.254]",
    ])
    func `a link-local or metadata address is not connected to`(_ host: String) async throws {
        let server = try await Latchkey()
        let access = try await server.access(toURL: "http://\(host)")
        check(
            try server.ask(request("POST", "/v1/chat/x", access, json: "{}")), 502, "upstream_unavailable",
            "upstream_address_forbidden")
        try await checkNothingSent(server)
    }

    @Test func `a link-local address is connected to where the setting allows it`() async throws {
        let server = try await Latchkey(["LATCHKEY_UPSTREAM_ALLOW_LINK_LOCAL": "on"])
        // Without a zone the system refuses it at once: it was tried.
        let access = try await server.access(toURL: "http://[fe80::1]")
        check(
            try server.ask(request("POST", "/v1/chat/x", access, json: "{}")), 502, "upstream_unavailable",
            "upstream_connect")
        try await checkNothingSent(server)
    }

    // MARK: Late

    /// A listener on loopback with no room for a connection: one waits to be accepted already.
    private func fullListener() throws -> (listener: Int32, port: Int, waiting: RawSocket) {
        let listener = RawSocket.makeSocket()
        let port = try ScriptedUpstream.listen(listener, backlog: 0)
        return (listener, port, try RawSocket.connect(to: port))
    }

    /// Waits until a connection to `port` was begun and is not answered.
    private func isConnecting(to port: Int) -> Bool {
        let deadline = ContinuousClock.now + .seconds(5)
        let wanted = ":" + String(port, radix: 16, uppercase: true).leftPadded(to: 4) + " 02 "
        while ContinuousClock.now < deadline {
            let table = FileHandle(forReadingAtPath: "/proc/self/net/tcp")?.readDataToEndOfFile() ?? Data()
            if String(decoding: table, as: UTF8.self).contains(wanted) { return true }
        }
        return false
    }

    private func accepted(_ listener: Int32) throws -> RawSocket {
        var wish = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        try #require(poll(&wish, 1, 5000) == 1)
        return RawSocket(RawSocket.acceptSocket(from: listener))
    }

    @Test func `a connection that never comes about: a 504`() async throws {
        let (listener, port, waiting) = try fullListener()
        let server = try await Latchkey(["LATCHKEY_UPSTREAM_CONNECT_TIMEOUT": "500ms"])
        let access = try await server.access(toURL: "http://127.0.0.1:\(port)")
        check(
            try server.ask(request("POST", "/v1/chat/x", access, json: "{}")), 504, "upstream_timeout",
            "upstream_connect_timeout")
        try await checkNothingSent(server)
        waiting.close()
        close(listener)
    }

    /// libcurl's resolver leaves the numbers of its sockets behind, and the connection gets one of them.
    @Test func `a host name whose connection takes its time is answered`() async throws {
        let (listener, port, waiting) = try fullListener()
        let server = try await Latchkey(["LATCHKEY_THREADS": "1"])
        let client = try server.connect()
        try client.send(
            request(
                "POST", "/v1/chat/x", try await server.access(toURL: "http://localhost:\(port)"), json: "{}"))
        #expect(isConnecting(to: port))
        _ = try accepted(listener)
        let upstream = try accepted(listener)
        #expect(try upstream.readMessage().text == "{}")
        try upstream.send(ScriptedUpstream.ok)
        #expect(try client.readMessage().text == "{\"ok\":true}")
        #expect(await server.isIdle())
        #expect(server.metric("latchkey_requests_total", "outcome=\"completed\"") == 1)
        await server.stop()
        waiting.close()
        close(listener)
    }

    // MARK: Closed as we send

    /// An upstream whose first connection answers once, takes a second request, and closes without a word.
    private func dyingUpstream(_ requests: Tally) throws -> ScriptedUpstream {
        try ScriptedUpstream { connection in
            let isFirst = requests.value == 0
            while true {
                _ = try connection.readMessage(within: 60000)
                requests.add()
                if isFirst, requests.value == 2 { return }
                try connection.send(ScriptedUpstream.ok)
            }
        }
    }

    @Test(arguments: ["POST", "DELETE", "GET"])
    func `a request whose kept connection closes is a 502 and is never sent again`(_ method: String)
        async throws
    {
        let requests = Tally()
        let upstream = try dyingUpstream(requests)
        let server = try await Latchkey(["LATCHKEY_THREADS": "1"])
        let access = try await server.access(to: upstream)
        let text = request(method, "/v1/files/f", access, json: method == "POST" ? "{}" : nil)
        #expect(try server.ask(text).status == 200)
        check(try server.ask(text), 502, "upstream_unavailable", "upstream_reset")
        #expect(await server.isIdle())
        #expect(requests.value == 2 && server.metric("latchkey_requests_total") == 2)
        #expect(upstream.connections.dropFirst().flatMap(\.received).isEmpty)
        #expect(try server.ask(text).status == 200)
        #expect(requests.value == 3)
        await server.stop()
    }

    @Test func `a connection that was closed while idle costs nothing`() async throws {
        let requests = Tally()
        let closed = Door()
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readMessage(within: 60000)
            requests.add()
            try connection.send(ScriptedUpstream.ok)
            connection.close()
            closed.open()
        }
        let server = try await Latchkey(["LATCHKEY_THREADS": "1"])
        let text = request("POST", "/v1/chat/x", try await server.access(to: upstream), json: "{}")
        for number in 1...5 {
            #expect(try server.ask(text).status == 200)
            #expect(closed.pass() && requests.value == number)
        }
        await server.stop()
    }
}

extension String {
    fileprivate func leftPadded(to count: Int) -> String {
        String(repeating: "0", count: max(0, count - self.count)) + self
    }
}
