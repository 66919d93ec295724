import Foundation
import Storage
import Testing

/// The upstream never sees an access token, the client never an upstream key, and nothing written down
/// either.
@Suite(.serialized) @EndToEnd struct SecretsTests {
    /// The forms in which a secret could come to light.
    static func forms(_ secret: String) -> [[UInt8]] {
        let bytes = Array(secret.utf8)
        let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        // Base64 of what stands behind 0, 1 or 2 other bytes: the middle, which those do not touch.
        let base64 = (0..<3).map { offset -> String in
            let text = Data(bytes.dropFirst(offset)).base64EncodedString()
            return String(text.dropLast(4))
        }
        let url = secret.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? secret
        let json = secret.replacing("\"", with: "\\\"")
        return
            ([secret, hex, hex.uppercased(), url, url.lowercased(), json, json.replacing("/", with: "\\/")]
            + base64)
            .map { Array($0.utf8) }
    }

    private func expectNone(of secrets: [String], in place: String, _ bytes: some Collection<UInt8>) {
        let haystack = Data(bytes)
        for secret in secrets {
            for form in Self.forms(secret) { #expect(haystack.range(of: Data(form)) == nil, "in \(place)") }
        }
    }

    @Test func `no secret comes to light anywhere, after faults too`() async throws {
        let turn = Tally()
        let upstream = try ScriptedUpstream { connection in
            while true {
                let message = try connection.readMessage(within: 60000)
                turn.add()
                switch turn.value % 5 {
                case 0: try connection.send(ScriptedUpstream.ok)
                case 1:
                    // An upstream that echoes the key where it refuses it.
                    let echo = message["authorization"] ?? ""
                    try connection.send(
                        "HTTP/1.1 401 No\r\nX: \(echo)\r\nContent-Length: \(echo.utf8.count)\r\n\r\n\(echo)")
                case 2: return connection.reset()
                case 3: try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"); return
                default: try connection.send("nonsense\r\n\r\n"); return
                }
            }
        }
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let revoked = try await server.issue(for: server.project("other", at: upstream.port))
        try await server.revoke(revoked)
        var clients: [RawSocket] = []
        for index in 0..<40 {
            let client = try server.connect()
            clients.append(client)
            let access = index % 8 == 7 ? revoked : access
            let text =
                switch index % 4 {
                case 0: request("GET", "/v1/models", access)
                case 1:
                    request(
                        "POST", "/v1/chat/completions", access, "X-Api-Key: \(access.text)\r\n", json: "{}")
                case 2: request("POST", "/v1/chat/completions", access, json: #"{"model":1,"model":2}"#)
                default: request("GET", "/v1//models", access, "Authorization: Bearer \(access.text)\r\n")
                }
            try client.send(text)
            // An answer that is cut off may end before its head.
            _ = try? client.readMessage()
        }
        let manage = try server.connect()
        for path in ["/manage/projects", "/manage/tokens", "/manage/keys", "/metrics", "/health"] {
            try manage.send(request("GET", path, nil, "Authorization: Bearer \(server.managementKey)\r\n"))
            #expect(try manage.readMessage().status == 200)
        }
        #expect(await server.isIdle())

        let issued = [access.text, revoked.text, server.managementKey]
        #expect(upstream.received.count > 0)
        expectNone(of: issued, in: "what the upstream got", upstream.received)
        expectNone(
            of: [Latchkey.upstreamKey], in: "what clients got", (clients + [manage]).flatMap(\.received))
        let secrets = issued + [Latchkey.upstreamKey]
        let log = server.accessLog()
        #expect(log.split(separator: "\n").count > 0)
        expectNone(of: secrets, in: "the access log", log.utf8)
        expectNone(of: secrets, in: "the log", server.logged.text.utf8)
        expectNone(of: secrets, in: "the metrics", server.metrics.utf8)
        let audit = try await server.store.auditEvents(limit: 1000)
        #expect(!audit.isEmpty)
        expectNone(of: secrets, in: "the audit", "\(audit)".utf8)
        let names = try FileManager.default.contentsOfDirectory(atPath: server.folder)
        #expect(names.contains("latchkey.db"))
        for name in names {
            let file = try Data(contentsOf: URL(fileURLWithPath: server.folder + "/" + name))
            expectNone(of: secrets, in: name, file)
        }
        await server.stop()
    }
}
