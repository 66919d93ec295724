import Admin
import Domain
import Foundation
import Testing
import Vault

/// An upstream that leads back to this server costs one request.
@Suite(.serialized) @EndToEnd struct LoopTests {
    @Test func `a project whose upstream is this server itself is refused at its second round`() async throws
    {
        let server = try await Latchkey()
        let project = try await server.project(at: server.port)
        let access = try await server.issue(for: project)
        let name = try #require(Label("self"))
        _ = try await server.control.rotateCredential(
            Secret(utf8: access.text), named: name, of: project.id, overlap: nil, by: .console)
        let answer = try server.ask(request("GET", "/v1/models", access))
        #expect(answer.status == 508 && answer.text.contains("loop_detected"))
        #expect(answer["x-should-retry"] == "false")
        #expect(await server.isIdle())
        #expect(server.metric("latchkey_requests_total") == 2)
        #expect(server.metric("latchkey_rejections_total", "loop_detected") == 1)
        #expect(server.metric("latchkey_dispatched_total") == 1)
        await server.stop()
    }

    @Test func `a loop by way of another server is refused too`() async throws {
        let (one, two) = (try await Latchkey(), try await Latchkey())
        let first = try await one.project(at: two.port)
        let second = try await two.project(at: one.port)
        let (access, back) = (try await one.issue(for: first), try await two.issue(for: second))
        let name = try #require(Label("other"))
        _ = try await one.control.rotateCredential(
            Secret(utf8: back.text), named: name, of: first.id, overlap: nil, by: .console)
        _ = try await two.control.rotateCredential(
            Secret(utf8: access.text), named: name, of: second.id, overlap: nil, by: .console)
        #expect(try one.ask(request("GET", "/v1/models", access)).status == 508)
        #expect(await one.isIdle())
        #expect(await two.isIdle())
        #expect(one.metric("latchkey_requests_total") == 2 && two.metric("latchkey_requests_total") == 1)
        await one.stop()
        await two.stop()
    }

    @Test func `the servers that a request has passed go on with it, and so many are enough`() async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let access = try await server.access(to: upstream)
        let client = try server.connect()
        func hops(_ fields: String) throws -> [String] {
            try client.send(request("GET", "/v1/models", access, fields))
            #expect(try client.readMessage().status == 200)
            let seen = try #require(upstream.connections.last).text.components(separatedBy: "\r\n\r\n")
                .dropLast()
            let line = seen.last?.split(separator: "\r\n").last {
                $0.lowercased().hasPrefix("x-latchkey-hop: ")
            }
            return try #require(line).dropFirst("x-latchkey-hop: ".count).components(separatedBy: ", ")
        }
        let own = try hops("")
        #expect(own.count == 1)
        #expect(try hops("X-Latchkey-Hop: a, b\r\nx-latchkey-hop:c\r\n") == ["a", "b", "c"] + own)
        // Nothing else goes with them.
        #expect(try hops("X-Latchkey-Hop: \(access.text), a, x y,0123456789abcdef0\r\n") == ["a"] + own)
        // No client has it left out.
        #expect(try hops("Connection: x-latchkey-hop\r\n") == own)
        #expect(try hops("Connection: x-latchkey-hop\r\nX-Latchkey-Hop: a\r\n") == ["a"] + own)
        let arrived = upstream.received.count
        for fields in ["a, \(own[0])", own[0].uppercased() + "x,\(own[0]) ", "1,2,3,4,5,6,7,8", ",,,,,,,"] {
            let refused = try server.ask(
                request("GET", "/v1/models", access, "X-Latchkey-Hop: \(fields)\r\n"))
            #expect(refused.status == 508 && refused["x-latchkey-error"] == "loop_detected")
        }
        #expect(upstream.received.count == arrived)
        await server.stop()
    }
}
