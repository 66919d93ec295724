import Domain
import Testing

/// Whose requests the access log says they are.
@Suite(.serialized) @EndToEnd struct ForwardedAddressTests {
    private func clients(_ lines: [Substring]) -> [String?] {
        lines.map { line in
            guard let start = line.firstRange(of: #"","client":""#) else { return nil }
            return String(line[start.upperBound...].prefix { $0 != "\"" })
        }
    }

    @Test func `forwarded addresses are trusted from none by default`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        try client.send(
            request(
                "GET", "/v1/models", access,
                "X-Forwarded-For: 6.6.6.6\r\nX-FORWARDED-FOR: ::1\r\nForwarded: for=6.6.6.6\r\n"))
        #expect(try client.readMessage().status == 200)
        // They end here.
        let seen = try #require(upstream.connections.first).text.lowercased()
        #expect(!seen.contains("forwarded") && !seen.contains("6.6.6.6"))

        try client.send(
            request(
                "GET", "/v1/models", access, "Connection: x-forwarded-for\r\nX-Forwarded-For: 7.7.7.7\r\n"))
        #expect(try client.readMessage().status == 200)
        #expect(try #require(upstream.connections.first).text.contains("7.7.7.7") == false)

        #expect(clients(await server.accessLogLines(2)) == ["127.0.0.1", "127.0.0.1"])
        await server.stop()
    }

    @Test func `a trusted proxy says who its clients are, request by request`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey(["LATCHKEY_TRUSTED_PROXIES": "127.0.0.0/8, 10.0.0.0/8"])
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        let told = [
            ("X-Forwarded-For: 6.6.6.6, 203.0.113.7\r\nX-Other: 1\r\nx-forwarded-for: 10.0.0.9:123\r\n", 200),
            ("", 200), ("Connection: x-forwarded-for\r\nX-Forwarded-For: [2001:DB8::0:7]:80\r\n", 200),
            ("X-Forwarded-For: unknown\r\n", 200), ("X-Forwarded-For:\r\n", 200),
            ("Forwarded: for=6.6.6.6\r\n", 200),
            ("X-Forwarded-For: 203.0.113.8\r\nX-Forwarded-For : 6.6.6.6\r\n", 400),
        ]
        for (fields, status) in told {
            try client.send(request("GET", "/v1/models", access, fields))
            #expect(try client.readMessage().status == status)
        }
        let other = try server.connect()
        try other.send(request("GET", "/v1/models", nil, "X-Forwarded-For: 203.0.113.9\r\n"))
        #expect(try other.readMessage().status == 401)
        #expect(
            clients(await server.accessLogLines(8)) == [
                "203.0.113.7", "127.0.0.1", "2001:db8::7", "127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1",
                "203.0.113.9",
            ])
        await server.stop()
    }

    @Test func `a proxy that is not named is not believed`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey(["LATCHKEY_TRUSTED_PROXIES": "127.0.0.2, ::1"])
        let access = try await server.access(to: upstream)
        let answer = try server.ask(request("GET", "/v1/models", access, "X-Forwarded-For: 6.6.6.6, ::1\r\n"))
        #expect(answer.status == 200)
        #expect(clients(await server.accessLogLines(1)) == ["127.0.0.1"])
        await server.stop()
    }
}
