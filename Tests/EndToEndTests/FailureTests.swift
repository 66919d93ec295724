import Admin
import Domain
import Foundation
import Storage
import Testing

@testable import App

/// Every no has its stated status, type and code, all four keys, and contacts nobody.
@Suite(.serialized) @EndToEnd struct FailureTests {
    private struct Body: Decodable {
        struct Inner: Decodable {
            var message: String
            var type: String
            var param: String?
            var code: String?
        }
        var error: Inner
    }

    private func check(_ answer: RawMessage, _ status: Int, _ type: String, _ code: String?, _ reason: String)
        throws
    {
        #expect(answer.status == status)
        #expect(answer["x-latchkey-error"] == reason)
        #expect(answer["x-latchkey-request-id"] != nil)
        for key in ["message", "type", "param", "code"] { #expect(answer.text.contains("\"\(key)\":")) }
        let error = try JSONDecoder().decode(Body.self, from: Data(answer.body)).error
        #expect(error.type == type && error.code == code && !error.message.isEmpty)
    }

    private func ask(_ server: Latchkey, _ text: String) throws -> RawMessage {
        let client = try server.connect()
        try client.send(text)
        return try client.readMessage()
    }

    @Test func `a refused credential or project is told as stated and dispatches nothing`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let project = try await server.project(at: upstream.port)
        let good = try await server.issue(for: project)
        let revoked = try await server.issue(for: project)
        try await server.revoke(revoked)
        let expired = try await server.issue(for: project, expiresAt: Timestamp.now())
        let invalid = "invalid_request_error"
        let get = { (credential: String) in
            try ask(server, request("GET", "/v1/models", nil, "Authorization: \(credential)\r\n"))
        }
        try check(
            ask(server, request("GET", "/v1/models")), 401, invalid, "invalid_api_key", "missing_credential")
        let last = good.text.last == "0" ? "1" : "0"
        let foreign = "lk_0123456789AB_0000000000000000000000000000000000000000000000000"
        for bad in [
            "Bearer", "Bearer ", "Basic abc", "Bearer sk-1", "Bearer \(good.text.dropLast())\(last)",
            "Bearer \(good.text)x", "Bearer \(foreign)", "Bearer \(revoked.text)", "Bearer \(expired.text)",
            good.text, "Bearer \(server.managementKey)",
        ] {
            try check(get(bad), 401, invalid, "invalid_api_key", "invalid_credential")
        }
        let keyless = try await server.issue(for: server.project("keyless", at: upstream.port, key: nil))
        try check(
            get("Bearer \(keyless.text)"), 503, "server_error", "upstream_unavailable",
            "no_upstream_credential")
        _ = try await server.control.updateProject(project.id, .init(state: .disabled), by: .console)
        try check(get("Bearer \(good.text)"), 403, invalid, "insufficient_permissions", "project_disabled")
        #expect(upstream.connections.isEmpty)
        #expect(server.metric("latchkey_dispatched_total") == 0)
        _ = try await server.control.updateProject(project.id, .init(state: .active), by: .console)
        #expect(try get("bearer   \(good.text)").status == 200)
        await server.stop()
    }

    @Test func `a request that may not be is told as stated and dispatches nothing`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey(["LATCHKEY_MAX_JSON_BODY": "64KiB", "LATCHKEY_MAX_UPLOAD": "64KiB"])
        let access = try await server.access(to: upstream)
        let invalid = "invalid_request_error"
        let duplicate = try ask(
            server,
            request("POST", "/v1/chat/completions", access, json: #"{"model":"a","x":{},"model":"b"}"#))
        try check(duplicate, 400, invalid, nil, "duplicate_key")
        #expect(duplicate.text.contains(#""param":"model""#))
        try check(
            ask(server, request("POST", "/v1/chat/completions", access, json: "[1]")), 400, invalid, nil,
            "malformed_body")
        try check(
            ask(server, request("POST", "/v1/chat/x", access, "Content-Encoding: gzip\r\n", json: "{}")), 415,
            invalid,
            "content_coding_not_supported", "content_coding_not_supported")
        try check(
            ask(server, request("PUT", "/v1/models", access)), 405, invalid, "method_not_allowed",
            "method_not_allowed")
        try check(
            ask(server, request("GET", "/v1/organization/users", access)), 403, invalid,
            "insufficient_permissions",
            "endpoint_not_granted")
        for (type, name) in [("application/json", "json"), ("multipart/form-data", "upload")] {
            // The body is never sent: the length alone is refused.
            let answer = try ask(
                server,
                request(
                    "POST", "/v1/chat/\(name)", access,
                    "Content-Type: \(type)\r\nContent-Length: 99999999\r\n"))
            try check(answer, 413, invalid, "request_too_large", "body_too_large")
        }
        let chunk = String(repeating: "a", count: 70000)
        try check(
            ask(
                server,
                request(
                    "POST", "/v1/chat/json", access,
                    "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n")
                    + "\(String(chunk.utf8.count, radix: 16))\r\n\(chunk)\r\n"),
            413, invalid, "request_too_large", "body_too_large")
        #expect(upstream.connections.isEmpty && server.metric("latchkey_dispatched_total") == 0)
        #expect(server.metric("latchkey_permit_defects_total") == 0)
        await server.stop()
    }

    @Test func `an upstream that cannot be reached is a 502, one that refuses our key another`() async throws
    {
        let refusing = try ScriptedUpstream.answering(
            "HTTP/1.1 401 Unauthorized\r\nContent-Length: 9\r\nWWW-Authenticate: x\r\n\r\nsk-canary")
        let server = try await Latchkey()
        let nobody = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let port = try ScriptedUpstream.listen(nobody, backlog: 1)
        close(nobody)
        let lost = try await server.issue(for: server.project("lost", at: port))
        try check(
            ask(server, request("GET", "/v1/models", lost)), 502, "server_error", "upstream_unavailable",
            "upstream_connect")
        let answer = try await ask(server, request("GET", "/v1/models", server.access(to: refusing)))
        try check(
            answer, 502, "server_error", "upstream_credential_rejected", "upstream_credential_rejected")
        #expect(!answer.text.contains("canary") && answer["www-authenticate"] == nil)
        await server.stop()
    }

    @Test(
        arguments: [
            "Content-Length: 100\r\n\r\nshort", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "Transfer-Encoding: chunked\r\n\r\n9\r\nhel",
        ], [true, false])
    func `an answer that was cut off never ends as if it were whole`(_ rest: String, _ resets: Bool)
        async throws
    {
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readMessage()
            try connection.send("HTTP/1.1 200 OK\r\n" + rest)
            if resets { connection.reset() }
        }
        let server = try await Latchkey()
        let client = try server.connect()
        try client.send(request("GET", "/v1/models", try await server.access(to: upstream)))
        // Where the end came right behind the head, nothing may have been sent: then the connection just
        // ends.
        let answer = try? client.readMessage()
        #expect(
            answer.map { $0.status == 502 || !$0.isComplete }
                ?? (client.end != nil && client.received.isEmpty))
        #expect(await server.isIdle())
        #expect(server.metric("latchkey_requests_total", "outcome=\"failed\"") == 1)
        await server.stop()
    }

    @Test func `a POST is never delivered twice`() async throws {
        let arrivals = Tally()
        let upstream = try ScriptedUpstream { connection in
            _ = try connection.readMessage()
            arrivals.add()
            try connection.send(ScriptedUpstream.ok)
            _ = try connection.readMessage()
            arrivals.add()
        }
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        try client.send(request("POST", "/v1/chat/completions", access, json: "{}"))
        #expect(try client.readMessage().status == 200)
        try client.send(request("POST", "/v1/chat/completions", access, json: "{}"))
        try check(client.readMessage(), 502, "server_error", "upstream_unavailable", "upstream_reset")
        #expect(arrivals.value == 2)
        // libcurl connects once more to try again, and is not let.
        let retried = upstream.connections.dropFirst().flatMap(\.received)
        #expect(retried.isEmpty)
        await server.stop()
    }

    @Test func `an upstream that says nothing is a 504`() async throws {
        let upstream = try ScriptedUpstream { connection in _ = try connection.readToEnd(within: 10000) }
        let server = try await Latchkey(["LATCHKEY_UPSTREAM_FIRST_BYTE_TIMEOUT": "1s"])
        let client = try server.connect()
        try client.send(request("GET", "/v1/models", try await server.access(to: upstream)))
        try check(
            client.readMessage(), 504, "server_error", "upstream_timeout", "upstream_first_byte_timeout")
        #expect(try #require(upstream.connections.first).end != .reset)
        await server.stop()
    }
}
