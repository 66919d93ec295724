import Domain
import Foundation
import Testing

/// What is refused at the client's side: nothing reaches the upstream, and the connection is closed or in
/// step.
@Suite(.serialized) @EndToEnd struct RefusalTests {
    private static let framed: [(String, Int)] =
        [
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n",
            "Content-Length: 5, 5\r\n", "Content-Length: +5\r\n", "Content-Length: -5\r\n",
            "Content-Length: 0x5\r\n",
            "Content-Length: 5 5\r\n", "Content-Length: \r\n", "Content-Length: 99999999999999999999\r\n",
            "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: chunked, gzip\r\n",
            "Transfer-Encoding: \r\n", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: identity\r\n", "Transfer-Encoding: \u{B}chunked\r\n",
            "Transfer-Encoding : chunked\r\n",
            "Transfer-Encoding:\r\n chunked\r\n", "X: a\r\n folded\r\n", "X: a\r\n\tfolded\r\n", "X : a\r\n",
            "X: a\nY: b\r\n", "X: a\rY: b\r\n", "X: a\u{0}b\r\n", "X: \u{7F}\r\n", "X\r\n", ": x\r\n",
            "X y: z\r\n",
            "Host: two.test\r\n", "Authorization: Bearer x\r\n",
        ].map { ($0, 400) } + [
            ("Expect: the-unexpected\r\n", 417), ("Upgrade: websocket\r\nConnection: upgrade\r\n", 426),
            ("X: \(String(repeating: "x", count: 17_000))\r\n", 431),
            (String(repeating: "X: y\r\n", count: 101), 431),
        ]

    private static let targets: [(String, Int)] =
        [
            "/v1//models", "/v1/./models", "/v1/../manage/projects", "/v1/models/../../manage/projects",
            "/v1/%2e%2e/x",
            "/v1/%2E/x", "/v1/models%5cx", "/v1/models\\x", "/v1/models%00", "/v1/models%0d%0aX:%20y",
            "/v1/models#x",
            "/v1/models%", "/v1/models%zz", "/v1%2fmodels", "/v1/%2fmodels", "/v1/models/a%2f..%2fb",
            "/v1/models/a%2f",
            "/v1/..%2fmanage", "/v1/..;/manage", "http://evil.test/v1/models", "*", "@evil.test:443",
            "v1/models",
            "/manage//projects", "/manage/../v1/models", "//manage/projects", "/x/..%2f..%2fmanage",
            "/v1/m\u{E4}", "/v1/ x",
        ].map { ($0, 400) } + [("/v1/" + String(repeating: "x", count: 9000), 414)]

    private static let methods = ["CONNECT", "TRACE", "PRI", "get", "GET\t", "", "PROPFIND"]

    /// Sends the bytes with a good request behind them; expects one answer and the end.
    private func expectRefusal(
        _ server: Latchkey, _ bytes: String, _ status: Int, then good: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let client = try server.connect()
        try client.send(bytes + good)
        let answer = try client.readMessage()
        #expect(answer.status == status, "\(bytes.debugDescription)", sourceLocation: sourceLocation)
        let connection = status == 426 ? "upgrade, close" : "close"
        #expect(
            answer["connection"] == connection, "\(bytes.debugDescription)", sourceLocation: sourceLocation)
        #expect(
            answer.text.contains("\"error\""), "\(bytes.debugDescription)", sourceLocation: sourceLocation)
        #expect(
            try client.readToEnd() == .closed, "\(bytes.debugDescription)", sourceLocation: sourceLocation)
        #expect(client.waiting.isEmpty, "\(bytes.debugDescription)", sourceLocation: sourceLocation)
    }

    @Test func `what can be read in two ways ends the connection, and nothing behind it counts`() async throws
    {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let good = request("GET", "/v1/models", access)
        for (fields, status) in Self.framed {
            try expectRefusal(
                server, request("POST", "/v1/files", access, fields) + "5\r\nhello\r\n0\r\n\r\n", status,
                then: good)
            try expectRefusal(server, request("POST", "/manage/projects", access, fields), status, then: good)
        }
        for (target, status) in Self.targets {
            try expectRefusal(server, request("GET", target, access), status, then: good)
        }
        for method in Self.methods {
            try expectRefusal(server, request(method, "/v1/models", access), 400, then: good)
        }
        for head in [
            "GET /v1/models HTTP/1.1\r\n\(access.authorization)\r\n",
            "GET /v1/models HTTP/1.1\r\nHost:\r\n\r\n",
            "GET /v1/models HTTP/1.1\r\nHost: a/b\r\n\r\n", "GET /v1/models HTTP/1.1\nHost: a\n\n",
            "GET /v1/models HTTP/2.0\r\nHost: a\r\n\r\n", "GET /v1/models\r\n\r\n",
            "POST /v1/files HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\(access.authorization)\r\n0\r\n\r\n",
            "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n", String(repeating: "\r\n", count: 5),
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ] {
            try expectRefusal(server, head, 400, then: good)
        }
        #expect(upstream.connections.isEmpty)
        #expect(await server.isIdle())
        #expect(server.metric("latchkey_dispatched_total") == 0)
        await server.stop()
    }

    @Test(arguments: [
        "5\r\nhelloX\r\n", "5\nhello\r\n0\r\n\r\n", "x\r\n", "-1\r\n", "5 \r\nhello\r\n",
        "FFFFFFFFFFFFFFFFF\r\n",
        "0\r\nbad\r\n\r\n", "5;\u{0}\r\nhello\r\n", "5;x\(String(repeating: "y", count: 300))\r\nhello\r\n",
    ])
    func `a body that is framed badly is no request`(_ body: String) async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let fields = "Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n"
        try expectRefusal(
            server, request("POST", "/v1/chat/completions", access, fields) + body, 400,
            then: request("GET", "/v1/models", access))
        #expect(upstream.connections.isEmpty)
        #expect(await server.isIdle())
        await server.stop()
    }

    @Test func `a next request is never read out of a body`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let smuggled = request("GET", "/v1/chat/smuggled", access)
        // Refused before its body, which is then read past.
        let client = try server.connect()
        try client.send(
            request("POST", "/v1/files", nil, "Content-Length: \(smuggled.utf8.count)\r\n") + smuggled
                + request("GET", "/v1/models", access))
        #expect(try client.readMessage().status == 401)
        #expect(try client.readMessage().status == 200)
        // Refused, and too much to read past.
        let large = try server.connect()
        try large.send(request("POST", "/v1/files", nil, "Content-Length: 10000000\r\n"))
        #expect(try large.readMessage().status == 401)
        _ = try? large.send(String(repeating: smuggled, count: 20_000))
        _ = try large.readToEnd()
        #expect(await server.isIdle())
        #expect(upstream.connections.allSatisfy { !$0.text.contains("smuggled") })
        await server.stop()
    }

    @Test func `a body that the router has no use for is read past within a bound`() async throws {
        let server = try await Latchkey()
        let small = try server.connect()
        try small.send(
            request("POST", "/manage/projects", nil, "Content-Length: 5\r\n") + "hello"
                + request("GET", "/live"))
        #expect(try small.readMessage().status == 401)
        #expect(try small.readMessage().status == 200)
        let large = try server.connect()
        try large.send(request("POST", "/manage/projects", nil, "Content-Length: 300000000\r\n"))
        #expect(try large.readMessage().status == 401)
        let piece = String(repeating: "x", count: 65536)
        var sent = 0
        while sent < 200, (try? large.send(piece)) != nil { sent += 1 }
        #expect(sent < 200)
        let bad = try server.connect()
        try bad.send(request("POST", "/manage/projects", nil, "Transfer-Encoding: chunked\r\n") + "+5\r\n")
        #expect([400, 401].contains(try bad.readMessage().status))
        #expect(try bad.readToEnd() == .closed)
        await server.stop()
    }

    @Test func `a client that has sent all it will still gets its answers from the router`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        try client.send(request("GET", "/live") + request("GET", "/live"))
        client.finish()
        #expect(try client.readMessage().status == 200)
        #expect(try client.readMessage().status == 200)
        #expect(try client.readToEnd() == .closed)
        // One that has left is not sent on for.
        let gone = try server.connect()
        try gone.send(request("GET", "/live") + request("GET", "/v1/models", access))
        gone.finish()
        #expect(try gone.readMessage().status == 200)
        _ = try gone.readToEnd()
        #expect(await server.isIdle())
        await server.stop()
    }

    @Test func `for HTTP 1_0 an answer that was cut off ends with a reset`() async throws {
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readHead()
            try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel")
        }
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        try client.send("GET /v1/models HTTP/1.0\r\n\(access.authorization)\r\n")
        #expect(try client.readToEnd() == .reset)
        await server.stop()
    }

    @Test func `a WebSocket is refused with what its client has to go back to`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let fields =
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        for target in ["/v1/responses", "/v1/realtime?model=gpt-realtime", "/live"] {
            let client = try server.connect()
            try client.send(request("GET", target, access, fields))
            let answer = try client.readMessage()
            #expect(answer.status == 426 && answer.text.contains("\"code\":\"upgrade_not_supported\""))
            #expect(answer["upgrade"] == "HTTP/1.1" && answer["connection"] == "upgrade, close")
            #expect(try client.readToEnd() == .closed)
        }
        #expect(upstream.connections.isEmpty)
        await server.stop()
    }

    @Test func `a client of another protocol is answered at once`() async throws {
        let server = try await Latchkey()
        let tls = try server.connect()
        // The beginning of a ClientHello, without the end of a line in it.
        try tls.send([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03])
        let text = try tls.readMessage()
        #expect(text.status == 400 && text.text.contains("not TLS"))
        #expect(try tls.readToEnd() == .closed)

        let http2 = try server.connect()
        try http2.send(Self.http2Beginning)
        try expectFrames(on: http2)
        #expect(await server.isIdle())
        await server.stop()
    }

    private static let http2Beginning =
        Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]

    private func expectFrames(on client: RawSocket, _ comment: Comment? = nil) throws {
        #expect(try client.readToEnd() == .closed, comment)
        // Our SETTINGS first, and readable in a capture too.
        #expect(client.received.starts(with: [0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0]), comment)
        #expect(client.text.contains("speaks HTTP/1.1 only"), comment)
    }

    @Test func `a client of HTTP 2 reads frames however its beginning is split`() async throws {
        let server = try await Latchkey()
        for split in 1..<Self.http2Beginning.count {
            let client = try server.connect()
            try client.send(Array(Self.http2Beginning[..<split]))
            // Meanwhile the server reads the first part.
            #expect(try server.ask(request("GET", "/live")).status == 200)
            try client.send(Array(Self.http2Beginning[split...]))
            try expectFrames(on: client, "\(split)")
        }
        await server.stop()
    }

    @Test func `a beginning in HTTP 2 that does not go on is answered in text`() async throws {
        let server = try await Latchkey(["LATCHKEY_HEAD_TIMEOUT": "300ms"])
        for (ending, finishes) in [("", false), ("\r\nSM\r\n\r\n", false), ("", true), ("GET", false)] {
            let client = try server.connect()
            try client.send("PRI * HTTP/2.0\r\n" + ending)
            if finishes { client.finish() }
            let answer = try client.readMessage()
            #expect(answer.status == 400 && answer.text.contains("not HTTP/2"), "\(ending)")
            #expect(try client.readToEnd() == .closed)
        }
        #expect(await server.isIdle())
        await server.stop()
    }

    @Test func `empty lines between requests are passed over`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        let post = request("POST", "/v1/chat/completions", access, json: "{}")
        try client.send("\r\n" + post + "\r\n" + request("GET", "/live") + "\r\n\r\n" + post)
        for _ in 0..<3 { #expect(try client.readMessage().status == 200) }
        #expect(client.waiting.isEmpty)
        await server.stop()
    }

    @Test func `an HTTP 1_0 client is never sent chunks`() async throws {
        let server = try await Latchkey()
        let client = try server.connect()
        try client.send(
            "GET /manage/audit/export HTTP/1.0\r\nAuthorization: Bearer \(server.managementKey)\r\n\r\n")
        let answer = try client.readMessage()
        #expect(answer.status == 200 && answer["transfer-encoding"] == nil && answer.isComplete)
        #expect(answer.text.hasPrefix("{") && answer.text.hasSuffix("}\n"))
        await server.stop()
    }

    @Test func `a HEAD that cannot be read is refused without a body`() async throws {
        let server = try await Latchkey()
        let client = try server.connect()
        try client.send("HEAD /v1/chat/x HTTP/1.1\r\nHost: @\r\n\r\n")
        #expect(try client.readToEnd() == .closed)
        #expect(client.text.hasPrefix("HTTP/1.1 400 ") && client.text.hasSuffix("\r\n\r\n"))
        await server.stop()
    }
}
