import Admin
import Domain
import Foundation
import Testing
import Vault

@testable import App

/// A connection to an upstream serves one project with one key, one request at a time, and what the metrics
/// say of connections is so.
@Suite(.serialized) @EndToEnd struct UpstreamPoolTests {
    /// Answers with the number of the connection, from 1, and the key that came; `/v1/files/held` once
    /// `release` opens.
    private final class Numbering: Sendable {
        let upstream: ScriptedUpstream
        let isHeld: Door
        let release: Door

        init() throws {
            let (isHeld, release, connections) = (Door(), Door(), Tally())
            self.isHeld = isHeld
            self.release = release
            upstream = try ScriptedUpstream { connection in
                connections.add()
                let number = connections.value
                while true {
                    let asked = try connection.readMessage(within: 60000)
                    if asked.start.contains("/held") {
                        isHeld.open()
                        release.pass()
                    }
                    let text = "\(number) \(asked["authorization"] ?? "none")"
                    try connection.send(
                        "HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)")
                }
            }
        }
    }

    private struct Numbers: Equatable {
        var active = 0
        var idle = 0
        var waiting = 0
        var made = 0
        var reused = 0
    }

    private func numbers(_ server: Latchkey) -> Numbers {
        Numbers(
            active: server.metric("latchkey_upstream_connections", "state=\"active\""),
            idle: server.metric("latchkey_upstream_connections", "state=\"idle\""),
            waiting: server.metric("latchkey_upstream_connections_waiting"),
            made: server.metric("latchkey_upstream_connections_made_total"),
            reused: server.metric("latchkey_upstream_connections_reused_total"))
    }

    /// The number of the connection that a request came on, sent with the given key.
    private func connection(_ server: Latchkey, _ access: Latchkey.Access, key: String = Latchkey.upstreamKey)
        async throws -> Int?
    {
        let answer = try server.ask(request("GET", "/v1/models", access))
        #expect(answer.status == 200)
        let words = answer.text.split(separator: " ", maxSplits: 1)
        #expect(words.last == "Bearer \(key)")
        // The connection is free before the client has the end of its response, or soon after.
        #expect(await server.isIdle())
        return words.first.flatMap { Int($0) }
    }

    @Test func `two projects with the same origin and the same key share no connection`() async throws {
        let source = try Numbering()
        let server = try await Latchkey(["LATCHKEY_THREADS": "1"])
        let first = try await server.access(to: source.upstream)
        let second = try await server.issue(for: server.project("other", at: source.upstream.port))
        for _ in 1...3 {
            #expect(try await connection(server, first) == 1)
            #expect(try await connection(server, second) == 2)
        }
        #expect(source.upstream.connections.count == 2)
        #expect(numbers(server) == Numbers(idle: 2, made: 2, reused: 4))
        await server.stop()
    }

    @Test func `access tokens of one project share its connections, and the last one used goes first`()
        async throws
    {
        let source = try Numbering()
        let server = try await Latchkey(["LATCHKEY_THREADS": "1"])
        let project = try await server.project(at: source.upstream.port)
        let access = try await server.issue(for: project)
        let colleague = try await server.issue(for: project)
        let holding = try server.connect()
        try holding.send(request("GET", "/v1/files/held", access))
        #expect(source.isHeld.pass())
        #expect(numbers(server) == Numbers(active: 1, made: 1))
        #expect(try await onTheSide(server, colleague) == 2)
        source.release.open()
        #expect(try holding.readMessage().text.hasPrefix("1 "))
        #expect(await server.isIdle())
        #expect(numbers(server) == Numbers(idle: 2, made: 2))
        for access in [access, colleague, access] {
            #expect(try await connection(server, access) == 1)
        }
        #expect(numbers(server) == Numbers(idle: 2, made: 2, reused: 3))
        await server.stop()
    }

    /// The connection of a request beside one that is held.
    private func onTheSide(_ server: Latchkey, _ access: Latchkey.Access) async throws -> Int? {
        let answer = try server.ask(request("GET", "/v1/models", access))
        let deadline = ContinuousClock.now + .seconds(5)
        while numbers(server).idle == 0, ContinuousClock.now < deadline { await Task.yield() }
        #expect(numbers(server) == Numbers(active: 1, idle: 1, made: 2))
        return answer.text.split(separator: " ").first.flatMap { Int($0) }
    }

    @Test func `a new key of a project goes out on a new connection, and the old key never again`()
        async throws
    {
        let source = try Numbering()
        let server = try await Latchkey(["LATCHKEY_THREADS": "1"])
        let project = try await server.project(at: source.upstream.port)
        let access = try await server.issue(for: project)
        #expect(try await connection(server, access) == 1)
        _ = try await server.control.setCredential(Secret(utf8: "sk-second"), of: project.id, by: .console)
        #expect(try await connection(server, access, key: "sk-second") == 2)
        #expect(try await connection(server, access, key: "sk-second") == 2)
        // The same text as the first key's, given anew, is a new key all the same.
        _ = try await server.control.setCredential(
            Secret(utf8: Latchkey.upstreamKey), of: project.id, by: .console)
        #expect(try await connection(server, access) == 3)
        let connections = source.upstream.connections
        #expect(connections.count == 3)
        #expect(connections[0].text.components(separatedBy: "Authorization: ").count == 2)
        #expect(!connections[1].text.contains(Latchkey.upstreamKey))
        #expect(numbers(server) == Numbers(idle: 3, made: 3, reused: 1))
        await server.stop()
    }

    @Test func `a connection that is closed or cannot be made is in no number`() async throws {
        let source = try Numbering()
        let server = try await Latchkey(["LATCHKEY_THREADS": "1"])
        let access = try await server.access(to: source.upstream)
        let leaving = try server.connect()
        try leaving.send(request("GET", "/v1/files/held", access))
        #expect(source.isHeld.pass())
        #expect(numbers(server) == Numbers(active: 1, made: 1))
        leaving.close()
        #expect(await server.isIdle())
        #expect(numbers(server) == Numbers(made: 1))
        source.release.open()

        let nobody = RawSocket.makeSocket()
        let port = try ScriptedUpstream.listen(nobody, backlog: 1)
        close(nobody)
        let lost = try await server.access(toURL: "http://127.0.0.1:\(port)", project: "lost")
        #expect(try server.ask(request("GET", "/v1/models", lost)).status == 502)
        #expect(await server.isIdle())
        #expect(numbers(server) == Numbers(made: 1))
        await server.stop()
    }

    @Test func `a request whose connection is being made is told as waiting`() async throws {
        // One connection waits to be accepted already, and there is room for no other.
        let listener = RawSocket.makeSocket()
        defer { close(listener) }
        let port = try ScriptedUpstream.listen(listener, backlog: 0)
        let waiting = try RawSocket.connect(to: port)
        defer { waiting.close() }
        let server = try await Latchkey(["LATCHKEY_THREADS": "1"])
        let access = try await server.access(toURL: "http://127.0.0.1:\(port)")
        let client = try server.connect()
        try client.send(request("GET", "/v1/models", access))
        let deadline = ContinuousClock.now + .seconds(5)
        while numbers(server).waiting == 0, ContinuousClock.now < deadline { await Task.yield() }
        #expect(numbers(server) == Numbers(waiting: 1))
        client.close()
        #expect(await server.isIdle())
        #expect(numbers(server) == Numbers())
        await server.stop()
    }
}
