import Domain
import Foundation
import Testing

/// What a client sees of `/v1/models` whose access token is granted some of them.
@Suite(.serialized) @EndToEnd struct ModelGrantTests {
    nonisolated private static let list = """
        {"object":"list","data":[{"id":"gpt-4.1","x": 1.0},
          {"id":"gpt-4o"}, {"id":"gpt-4.1-mini" }]}
        """
    private static let granted = """
        {"object":"list","data":[{"id":"gpt-4.1","x": 1.0}, {"id":"gpt-4.1-mini" }]}
        """

    private func grants(_ patterns: String...) throws -> [GrantChange] {
        [.models(try patterns.map { try #require(ModelPattern($0)) })]
    }

    private func answer(_ body: String, _ fields: String = "") -> String {
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: \"x\"\r\nX-A: b\r\n\(fields)"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test func `only granted models are listed, and the others' bytes stay`() async throws {
        let upstream = try ScriptedUpstream.answering(answer(Self.list))
        let server = try await Latchkey()
        let some = try await server.access(to: upstream, grants: grants("gpt-4.1*"))
        let client = try server.connect()
        for target in ["/v1/models", "/models", "/v1/models/", "/v1/models?limit=3"] {
            try client.send(request("GET", target, some, "Accept-Encoding: gzip\r\n"))
            let seen = try client.readMessage()
            #expect(seen.status == 200 && seen.text == Self.granted && seen["x-a"] == "b", "\(target)")
            // They are of the whole list.
            #expect(seen["etag"] == nil && seen["content-length"] == nil)
        }
        let sent = try #require(upstream.connections.first).text.lowercased()
        #expect(sent.contains("accept-encoding: identity\r\n") && !sent.contains("gzip"))
        #expect(try await server.ledger(4).count == 4)
        await server.stop()
    }

    @Test func `without a model grant, or where all are granted, the answer is the upstream's`() async throws
    {
        let upstream = try ScriptedUpstream.answering(answer(Self.list))
        let server = try await Latchkey()
        let project = try await server.project(at: upstream.port)
        for access in [
            try await server.issue(for: project),
            try await server.issue(for: project, grants: grants("gpt-*")),
        ] {
            let client = try server.connect()
            try client.send(request("GET", "/v1/models", access, "Accept-Encoding: gzip\r\n"))
            let seen = try client.readMessage()
            #expect(seen.text == Self.list && seen["etag"] == "\"x\"")
            #expect(seen["content-length"] == "\(Self.list.utf8.count)")
        }
        #expect(upstream.connections.first?.text.lowercased().contains("accept-encoding: gzip\r\n") == true)
        await server.stop()
    }

    @Test func `a model that is not granted is not there`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let access = try await server.access(to: upstream, grants: grants("gpt-4.1*", "org/*"))
        let client = try server.connect()
        for method in ["GET", "HEAD"] {
            for target in [
                "/v1/models/gpt-4o", "/models/gpt-4o", "/v1/models/gpt-4o/", "/v1/MODELS/gpt-4o",
            ] {
                try client.send(request(method, target, access))
                let seen = try method == "HEAD" ? client.readHead() : client.readMessage()
                #expect(seen.status == 403 && seen["x-latchkey-error"] == "model_not_granted")
                if method != "HEAD" { #expect(seen.text.contains("'gpt-4o'")) }
            }
        }
        #expect(upstream.connections.isEmpty)
        for target in ["/v1/models/gpt-4.1-mini", "/models/gpt-4.1", "/v1/models/org%2Fx"] {
            try client.send(request("GET", target, access))
            #expect(try client.readMessage().text == #"{"ok":true}"#)
        }
        await server.stop()
    }

    @Test func `HEAD tells no length of the list that it does not show`() async throws {
        let upstream = try ScriptedUpstream.answering(
            "HTTP/1.1 200 OK\r\nETag: \"x\"\r\nX-A: b\r\nContent-Length: 999\r\n\r\n")
        let server = try await Latchkey()
        let access = try await server.access(to: upstream, grants: grants("gpt-4.1*"))
        let client = try server.connect()
        for _ in 0..<2 {
            try client.send(request("HEAD", "/v1/models", access))
            let head = try client.readHead()
            #expect(head.status == 200 && head["x-a"] == "b")
            #expect(head["content-length"] == nil && head["etag"] == nil && head["transfer-encoding"] == nil)
        }
        await server.stop()
    }

    @Test(arguments: [
        "<html>", "{\"data\":{}}", "{\"data\":[{\"id\":\"gpt-4.1\"}", "",
        "{\"data\":[\"" + String(repeating: "x", count: 4 << 20) + "\"]}",
    ])
    func `a list that cannot be filtered is not relayed, and not retried`(body: String) async throws {
        let upstream = try ScriptedUpstream.answering(answer(body))
        let server = try await Latchkey()
        let access = try await server.access(to: upstream, grants: grants("gpt-4.1*"))
        let client = try server.connect()
        try client.send(request("GET", "/v1/models", access))
        let seen = try client.readMessage()
        #expect(seen.status == 502 && seen["x-latchkey-error"] == "upstream_model_list")
        #expect(seen["x-should-retry"] == "false" && seen.text.contains("upstream_unavailable"))
        #expect(await server.isIdle())
        // The connection is in step.
        try client.send(request("GET", "/live"))
        #expect(try client.readMessage().status == 200)
        await server.stop()
    }

    @Test func `errors and cut-off lists are what they are`() async throws {
        let upstream = try ScriptedUpstream.answering(
            "HTTP/1.1 429 Slow Down\r\nContent-Length: 2\r\n\r\nno")
        let cut = try ScriptedUpstream { connection in
            _ = try connection.readMessage()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n\(Self.list)")
        }
        let closing = try ScriptedUpstream { connection in
            _ = try connection.readMessage()
            try connection.send("HTTP/1.1 200 OK\r\n\r\n\(Self.list)")
        }
        let server = try await Latchkey()
        for (name, port, status, text) in [
            ("one", upstream.port, 429, "no"), ("two", cut.port, 502, "upstream_truncated"),
            ("three", closing.port, 200, "gpt-4.1-mini"),
        ] {
            let access = try await server.issue(
                for: server.project(name, at: port), grants: grants("gpt-4.1*"))
            let client = try server.connect()
            try client.send(request("GET", "/v1/models", access))
            let seen = try client.readMessage()
            #expect(
                seen.status == status && seen.text.contains(text) && !seen.text.contains("gpt-4o"), "\(name)")
        }
        #expect(await server.isIdle())
        await server.stop()
    }

    @Test func `held lists count among the memory that there is, and give it back`() async throws {
        let upstream = try ScriptedUpstream { connection in
            while true {
                let isLong = try connection.readMessage(within: 60000).start.contains("long")
                let padding = String(repeating: "x", count: isLong ? 100_000 : 60_000)
                let body = #"{"data":[{"id":"a"}],"x":"\#(padding)"}"#
                try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            }
        }
        let server = try await Latchkey([
            "LATCHKEY_MAX_JSON_BODY": "64KiB", "LATCHKEY_MAX_HELD_BODIES": "64KiB",
        ])
        let access = try await server.access(to: upstream, grants: grants("a"))
        let client = try server.connect()
        for _ in 0..<3 {
            try client.send(request("GET", "/v1/models?long", access))
            let refused = try client.readMessage()
            #expect(refused.status == 503 && refused.text.contains("overloaded"))
            try client.send(request("GET", "/v1/models", access))
            #expect(try client.readMessage().body.count > 60_000)
        }
        #expect(await server.isIdle())
        await server.stop()
    }

    @Test func `lists that their client does not read are reserved until it leaves`() async throws {
        let body = #"{"data":[{"id":"b"},{"id":"a"}],"x":"\#(String(repeating: "x", count: 1_000_000))"}"#
        let upstream = try ScriptedUpstream.answering(answer(body))
        let server = try await Latchkey([
            "LATCHKEY_MAX_JSON_BODY": "64KiB", "LATCHKEY_MAX_HELD_BODIES": "\(3 * body.utf8.count)",
        ])
        let access = try await server.access(to: upstream, grants: grants("a"))
        let list = request("GET", "/v1/models", access)
        func status() throws -> Int {
            let client = try server.connect()
            try client.send(list)
            return try client.readHead().status
        }
        // Each asks for more than the kernel's buffers hold, and reads nothing: one list of each waits in the
        // server.
        var clients: [RawSocket] = []
        var refused = 0
        while refused < 5, clients.count < 60 {
            let client = try server.connect()
            // While nothing is left, they use up requests that are refused.
            try client.send(String(repeating: list, count: 200))
            clients.append(client)
            refused = 0
            while refused < 5, try status() == 503 { refused += 1 }
        }
        #expect(refused == 5 && clients.count >= 3)
        for client in clients { client.reset() }
        let deadline = ContinuousClock.now + .seconds(5)
        while try status() != 200, ContinuousClock.now < deadline {}
        #expect(try status() == 200)
        #expect(await server.isIdle())
        await server.stop()
    }

    @Test func `no part of a list is asked for, and none is relayed`() async throws {
        let upstream = try ScriptedUpstream.answering(
            "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-30/99\r\nContent-Length: 31\r\n\r\n"
                + #"{"id":"gpt-4o","permission":[]}"#)
        let server = try await Latchkey()
        let access = try await server.access(to: upstream, grants: grants("gpt-4.1*"))
        let client = try server.connect()
        let conditions =
            "Range: bytes=0-30\r\nIF-RANGE: \"x\"\r\nIf-None-Match: \"x\"\r\n"
            + "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\nX-Kept: 1\r\n"
        try client.send(request("GET", "/v1/models", access, conditions))
        let seen = try client.readMessage()
        #expect(seen.status == 502 && seen["x-latchkey-error"] == "upstream_model_list")
        let sent = try #require(upstream.connections.first).text.lowercased()
        #expect(sent.contains("x-kept: 1\r\n") && !sent.contains("range:") && !sent.contains("if-"))
        // Of anything else they pass.
        try client.send(request("GET", "/v1/models/gpt-4.1", access, conditions))
        #expect(try client.readMessage().status == 206)
        #expect(upstream.connections.first?.text.contains("Range: bytes=0-30\r\n") == true)
        await server.stop()
    }
}
