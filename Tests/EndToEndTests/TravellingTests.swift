import Admin
import Domain
import Foundation
import Storage
import Testing

@testable import App

/// What does not travel: our credentials to a provider, the way a request has come, the choice of an account,
/// and the upstream's key to a client.
@Suite(.serialized) @EndToEnd struct TravellingTests {
    private func seen(_ upstream: ScriptedUpstream) -> String {
        upstream.connections.map { $0.text.lowercased() }.joined()
    }

    @Test func `one of our credentials in another header ends here`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        for field in [
            "X-Auth-Token: \(access.text)", "Helicone-Auth: Bearer \(access.text)",
            "X-Key: a=\(access.text);b",
            "X-Portkey: \(server.managementKey)", "X-Json: {\"k\":\"\(access.text)\"}",
            "X-Twice: 1\r\nX-Twice: \(access.text)",
        ] {
            try client.send(
                request("POST", "/v1/chat/completions", access, field + "\r\nX-Stays: 1\r\n", json: "{}"))
            #expect(try client.readMessage().status == 200, "\(field)")
        }
        let text = seen(upstream)
        #expect(!text.contains(access.text.lowercased()) && !text.contains("lkm_") && !text.contains("lk_"))
        for name in ["x-auth-token", "helicone-auth", "x-key", "x-portkey", "x-json", "x-twice"] {
            #expect(!text.contains("\n\(name):"), "\(name)")
        }
        #expect(text.components(separatedBy: "x-stays: 1\r\n").count == 7)
        // What only looks like one passes.
        let other = String(access.text.dropLast()) + (access.text.last == "0" ? "1" : "0")
        try client.send(request("GET", "/v1/models", access, "X-Key: \(other)\r\n"))
        #expect(try client.readMessage().status == 200)
        #expect(seen(upstream).contains("x-key: \(other.lowercased())\r\n"))
        await server.stop()
    }

    @Test func `one of our credentials in the URL is refused, whoever calls`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let escaped = access.text.replacing("lk_", with: "%6Ck%5f")
        for (target, caller) in [
            ("/v1/models?api_key=\(access.text)", access), ("/v1/models?api_key=\(access.text)", nil),
            ("/v1/models?x=\(server.managementKey)&y", access), ("/v1/models?k=\(escaped)", access),
            ("/v1/files/\(access.text)", access), ("/models/\(access.text)", access),
        ] {
            let answer = try server.ask(request("GET", target, caller))
            #expect(answer.status == 400, "\(target)")
            #expect(answer["x-latchkey-error"] == "malformed_credential_in_target")
            #expect(answer.text.contains("Authorization") && !answer.text.contains(access.text))
        }
        #expect(upstream.connections.isEmpty)
        #expect(!server.accessLog().contains(access.text))
        await server.stop()
    }

    @Test func `the way a request has come, and what asks for another method, ends here`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        let names = [
            "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "Forwarded",
            "Via",
            "X-Real-IP", "CF-Ray", "CF-Connecting-IP", "CDN-Loop", "True-Client-IP", "Referer", "X-Client-IP",
            "X-Cluster-Client-IP", "Fastly-Client-IP", "Fly-Client-IP", "X-Original-URL", "X-Original-Host",
            "X-Envoy-External-Address", "X-Azure-ClientIP", "X-Azure-SocketIP", "X-Rewrite-URL",
            "X-Forwarded", "X-Forwarded-Client-Cert", "Client-IP", "X-MS-Forwarded-Client-IP",
            "X-Appengine-User-IP", "X-NF-Client-Connection-IP", "X-Goog-IAP-JWT-Assertion",
            "X-Goog-Authenticated-User-Email",
            "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "OpenAI-Organization",
            "OpenAI-Project",
        ]
        let fields = names.map { "\($0): canary\r\n\($0.uppercased()): canary\r\n" }.joined()
        let kept = [
            "X-Forward", "X-Original", "CF", "Via-X", "X-Request-Id", "X-Stainless-Lang", "Traceparent",
        ]
        try client.send(
            request(
                "POST", "/v1/chat/completions", access,
                fields + kept.map { "\($0): stays-\($0)\r\n" }.joined(), json: "{}"))
        #expect(try client.readMessage().status == 200)
        let text = seen(upstream)
        #expect(!text.replacing(Latchkey.upstreamKey.lowercased(), with: "").contains("canary"))
        for name in kept { #expect(text.contains("stays-\(name.lowercased())\r\n"), "\(name)") }
        await server.stop()
    }

    @Test func `every length of a field of the way ends here`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let fields = (1...40).map { "X-Forwarded-\(String(repeating: "a", count: $0)): stray\r\n" }.joined()
        #expect(try server.ask(request("GET", "/v1/models", access, fields)).status == 200)
        #expect(!seen(upstream).contains("stray"))
        await server.stop()
    }

    @Test func `one of our credentials in Content-Type is refused`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let type = "Content-Type: application/json; x=\(access.text)\r\nContent-Length: 2\r\n"
        let answer = try server.ask(request("POST", "/v1/chat/completions", access, type) + "{}")
        #expect(answer.status == 400 && answer["x-latchkey-error"] == "malformed_credential_in_type")
        #expect(!answer.text.contains(access.text) && upstream.connections.isEmpty)
        await server.stop()
    }

    @Test func `of a response these fields pass`() async throws {
        let upstream = try ScriptedUpstream.answering(
            "HTTP/1.1 200 OK\r\nVia: 1.1 x\r\nCF-Ray: r\r\nX-Envoy-Upstream-Service-Time: "
                + "4\r\nContent-Length: 2\r\n\r\nok"
        )
        let server = try await Latchkey()
        let answer = try server.ask(request("GET", "/v1/models", try await server.access(to: upstream)))
        #expect(answer["via"] == "1.1 x" && answer["cf-ray"] == "r")
        #expect(answer["x-envoy-upstream-service-time"] == "4")
        await server.stop()
    }

    @Test func `the project's organization and project are sent, and never the client's`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let project = try await server.project(at: upstream.port)
        let access = try await server.issue(for: project)
        let client = try server.connect()
        let theirs = "OpenAI-Organization: theirs\r\nOpenAI-Project: theirs\r\n"
        var change = ProjectChange()
        change.set(\.openAIOrganization, to: "org-ours")
        change.set(\.openAIProject, to: "proj_ours")
        _ = try await server.control.updateProject(project.id, change, by: .console)
        try client.send(request("GET", "/v1/models", access, theirs))
        #expect(try client.readMessage().status == 200)
        let text = seen(upstream)
        #expect(
            text.contains("openai-organization: org-ours\r\n")
                && text.contains("openai-project: proj_ours\r\n"))
        #expect(!text.contains("theirs"))
        change.set(\.openAIOrganization, to: .some(nil))
        _ = try await server.control.updateProject(project.id, change, by: .console)
        try client.send(request("GET", "/v1/models", access, theirs))
        #expect(try client.readMessage().status == 200)
        #expect(seen(upstream).components(separatedBy: "openai-organization:").count == 2)
        #expect(seen(upstream).components(separatedBy: "openai-project: proj_ours").count == 3)
        await server.stop()
    }

    @Test
    func
        `a holder is told where the token may be used, and revokes a leaked one from anywhere`()
        async throws
    {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey(["LATCHKEY_TRUSTED_PROXIES": "127.0.0.1"])
        let access = try await server.access(
            to: upstream, grants: [.networks([try AddressRange(parsing: "203.0.113.0/24")])])
        for path in ["/me", "/me/explain", "/v1/models"] {
            let refused = try server.ask(request("GET", path, access))
            #expect(refused.status == 403 && refused.text.contains("insufficient_permissions"), "\(path)")
            let own = try server.ask(request("GET", path, access, "X-Forwarded-For: 203.0.113.7\r\n"))
            #expect(own.status == 200, "\(path)")
        }
        #expect(try server.ask(request("POST", "/revoke", access, "Content-Length: 0\r\n")).status == 202)
        #expect(
            try server.ask(request("GET", "/me", access, "X-Forwarded-For: 203.0.113.7\r\n")).status == 401)
        await server.stop()
    }

    @Test func `an upstream that sends the key back does not hand it out`() async throws {
        let key = Latchkey.upstreamKey
        for (field, status) in [
            ("Authorization: Bearer \(key)", 502), ("X-Echo: a \(key) b", 502),
            ("X-Debug: {\"k\":\"\(key)\"}", 502),
            ("Authorization: Basic abc", 200), ("X-Api-Key: abc", 200), ("X-Echo: \(key.dropLast())", 200),
        ] {
            let upstream = try ScriptedUpstream.answering(
                "HTTP/1.1 200 OK\r\n\(field)\r\nX-A: b\r\nContent-Length: 2\r\n\r\nok")
            let server = try await Latchkey()
            let answer = try server.ask(request("GET", "/v1/models", try await server.access(to: upstream)))
            #expect(answer.status == status, "\(field)")
            #expect(!answer.fields.contains { $0.value.contains(key) } && !answer.text.contains(key))
            #expect(answer["authorization"] == nil && answer["x-api-key"] == nil)
            if status == 502 {
                #expect(answer["x-latchkey-error"] == "upstream_credential_revealed")
                #expect(answer["x-should-retry"] == "false")
                #expect(server.logged.text.contains("sent its key back"))
                #expect(!server.logged.text.contains(key))
            }
            #expect(await server.isIdle())
            await server.stop()
        }
    }
}
