import Testing

@testable import App

/// Upstreams behind TLS: who is not proven to be the one that was meant gets nothing.
@Suite(.serialized) @EndToEnd struct UpstreamTLSTests {
    private func post(_ server: Latchkey, _ url: String, _ path: String = "/v1/chat/x") async throws -> String
    {
        request("POST", path, try await server.access(toURL: url), json: "{}")
    }

    /// A 502 with `reason`, twice, nothing sent.
    private func checkRefused(_ server: Latchkey, _ url: String, _ reason: String = "upstream_tls")
        async throws
    {
        let text = try await post(server, url)
        for count in 1...2 {
            let answer = try server.ask(text)
            #expect(answer.status == 502 && answer["x-latchkey-error"] == reason)
            #expect(
                answer.text.contains("\"server_error\"") && answer.text.contains("\"upstream_unavailable\""))
            #expect(await server.isIdle())
            #expect(server.metric("latchkey_requests_total", "outcome=\"failed\"") == count)
        }
        #expect(server.metric("latchkey_dispatched_total") == 0)
        await server.stop()
    }

    @Test(arguments: ["127.0.0.1", "localhost"])
    func `an upstream that the authority file vouches for is answered`(_ host: String) async throws {
        let folder = try TLSFolder()
        let upstream = try TLSUpstream(.valid, in: folder)
        let server = try await Latchkey(["LATCHKEY_UPSTREAM_CA_FILE": folder.authority])
        let text = try await post(server, "https://\(host):\(upstream.port)")
        for _ in 1...3 {
            let answer = try server.ask(text)
            #expect(answer.status == 200 && answer.text == "HTTP/1.1")
        }
        await server.stop()
        upstream.stop()
    }

    @Test(arguments: [TLSFolder.Certificate.expired, .elsewhere])
    func `a certificate that is expired or for another host is refused`(_ certificate: TLSFolder.Certificate)
        async throws
    {
        let folder = try TLSFolder()
        let upstream = try TLSUpstream(certificate, in: folder)
        let server = try await Latchkey(["LATCHKEY_UPSTREAM_CA_FILE": folder.authority])
        try await checkRefused(server, "https://127.0.0.1:\(upstream.port)")
        upstream.stop()
    }

    @Test func `an authority that nobody trusts is refused`() async throws {
        let folder = try TLSFolder()
        let upstream = try TLSUpstream(.valid, in: folder)
        try await checkRefused(Latchkey(), "https://127.0.0.1:\(upstream.port)")
        let other = try TLSFolder()
        try await checkRefused(
            Latchkey(["LATCHKEY_UPSTREAM_CA_FILE": other.authority]), "https://127.0.0.1:\(upstream.port)")
        upstream.stop()
    }

    @Test func `plain HTTP where TLS is meant is refused, and gets nothing of the request`() async throws {
        let upstream = try ScriptedUpstream { connection in
            try connection.read { !$0.isEmpty }
            try connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        }
        try await checkRefused(Latchkey(), "https://127.0.0.1:\(upstream.port)")
        #expect(upstream.received.firstRange(of: Array("POST".utf8)) == nil)
    }

    @Test func `a connection that closes or stalls in the handshake is told`() async throws {
        let closing = try ScriptedUpstream { connection in try connection.read { !$0.isEmpty } }
        try await checkRefused(Latchkey(), "https://127.0.0.1:\(closing.port)")
        let stalling = try ScriptedUpstream { connection in _ = try connection.readToEnd(within: 60000) }
        let server = try await Latchkey(["LATCHKEY_UPSTREAM_CONNECT_TIMEOUT": "500ms"])
        let answer = try await server.ask(post(server, "https://127.0.0.1:\(stalling.port)"))
        #expect(answer.status == 504 && answer["x-latchkey-error"] == "upstream_connect_timeout")
        await server.stop()
    }

    @Test func `plain HTTP said to a TLS port is no answer`() async throws {
        let folder = try TLSFolder()
        let upstream = try TLSUpstream(.valid, in: folder)
        let server = try await Latchkey()
        let answer = try await server.ask(post(server, "http://127.0.0.1:\(upstream.port)"))
        #expect(answer.status == 502 && answer["x-latchkey-error"] == "upstream_reset")
        #expect(await server.isIdle())
        await server.stop()
        upstream.stop()
    }

    @Test func `an answer that ends before its length is seen as cut off`() async throws {
        try await checkCut("/v1/chat/cut")
    }

    @Test func `an answer that only the close ends, without the end of TLS, is seen as cut off`() async throws
    {
        try await checkCut("/v1/chat/endless")
    }

    private func checkCut(_ path: String) async throws {
        let folder = try TLSFolder()
        let upstream = try TLSUpstream(.valid, in: folder)
        let server = try await Latchkey(["LATCHKEY_UPSTREAM_CA_FILE": folder.authority])
        let text = try await post(server, "https://127.0.0.1:\(upstream.port)", path)
        let client = try server.connect()
        try client.send(text)
        let answer = try? client.readMessage()
        // Where the end came right behind the head, nothing may have been sent: then the connection just
        // ends.
        #expect(answer.map { !$0.isComplete } ?? (client.end != nil && client.received.isEmpty))
        #expect(await server.isIdle())
        #expect(server.metric("latchkey_requests_total", "outcome=\"failed\"") == 1)
        await server.stop()
        upstream.stop()
    }

    @Test(.enabled(if: TLSUpstream.nginx != nil, "nginx is not installed: apt-get install nginx-light"))
    func `HTTP 1.1 is spoken with an upstream that offers HTTP 2 as well`() async throws {
        let folder = try TLSFolder()
        let upstream = try TLSUpstream(http2In: folder)
        let server = try await Latchkey([
            "LATCHKEY_UPSTREAM_CA_FILE": folder.authority, "LATCHKEY_THREADS": "1",
        ])
        let text = try await post(server, "https://127.0.0.1:\(upstream.port)")
        let clients = try (0..<20).map { _ in try server.connect() }
        for _ in 1...3 {
            for client in clients { try client.send(text) }
            for client in clients {
                let answer = try client.readMessage()
                #expect(answer.status == 200 && answer.isComplete && answer.text == "HTTP/1.1")
            }
        }
        #expect(await server.isIdle())
        #expect(server.metric("latchkey_requests_total", "outcome=\"completed\"") == 60)
        await server.stop()
        upstream.stop()
    }
}
