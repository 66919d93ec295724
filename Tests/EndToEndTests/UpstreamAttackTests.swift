import Domain
import Foundation
import Testing

@testable import App

/// Bytes that an upstream sends without being asked are taken for no response: the connection that they came
/// on is closed, and the next request, whoever makes it, gets what belongs to it.
@Suite(.serialized) @EndToEnd struct UpstreamAttackTests {
    private static let otherKey = "sk-of-the-other-project"
    nonisolated private static let stolen = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen"

    /// Answers each request with the upstream key that came with it, but for what `attack` does after the
    /// first response of the first connection.
    private func upstream(_ attack: @escaping @Sendable (RawSocket) throws -> Void) throws -> ScriptedUpstream
    {
        let connections = Tally()
        return try ScriptedUpstream { connection in
            connection.sendsAtOnce()
            connections.add()
            var isAttacking = connections.value == 1
            while true {
                let key = try connection.readMessage(within: 60000)["authorization"] ?? ""
                let answer = "HTTP/1.1 200 OK\r\nContent-Length: \(key.utf8.count)\r\n\r\n\(key)"
                guard isAttacking else {
                    try connection.send(answer)
                    continue
                }
                isAttacking = false
                try connection.send(answer)
                try attack(connection)
            }
        }
    }

    /// A server with one event loop, and access tokens of two projects that have the same upstream.
    private func server(for upstream: ScriptedUpstream) async throws -> (
        Latchkey, Latchkey.Access, Latchkey.Access
    ) {
        let server = try await Latchkey(["LATCHKEY_THREADS": "1"])
        let access = try await server.access(to: upstream)
        let other = try await server.issue(
            for: server.project("other", at: upstream.port, key: Self.otherKey))
        return (server, access, other)
    }

    private func checkOwnAnswers(_ server: Latchkey, _ access: Latchkey.Access, _ other: Latchkey.Access)
        throws
    {
        for (access, key) in [(other, Self.otherKey), (access, Latchkey.upstreamKey)] {
            let answer = try server.ask(request("GET", "/v1/models", access))
            #expect(answer.status == 200 && answer.text == "Bearer \(key)")
        }
    }

    private func checkSettled(_ server: Latchkey, _ count: Int) async {
        #expect(await server.isIdle())
        #expect(server.metric("latchkey_requests_total") == count)
        #expect(await server.accessLogLines(count).count == count)
        #expect(server.metric("latchkey_permit_defects_total") == 0)
        #expect(server.metric("latchkey_upstream_connections", "state=\"active\"") == 0)
    }

    @Test func `a folded line right after the status line of a later response is a 502 and no crash`()
        async throws
    {
        let upstream = try ScriptedUpstream { connection in
            for number in 1... {
                _ = try connection.readMessage(within: 60000)
                try connection.send(
                    number == 1
                        ? ScriptedUpstream.ok : "HTTP/1.1 200 OK\r\n\tX: y\r\nContent-Length: 0\r\n\r\n")
            }
        }
        let server = try await Latchkey(["LATCHKEY_THREADS": "1"])
        let access = try await server.access(to: upstream)
        let text = request("POST", "/v1/chat/x", access, json: "{}")
        for number in 1...9 {
            #expect(try server.ask(text).status == 200)
            let answer = try server.ask(text)
            #expect(answer.status == 502 && answer["x-latchkey-error"] == "upstream_protocol")
            #expect(await server.isIdle())
            #expect(upstream.connections.count == number, "closed, and never used again")
        }
        await checkSettled(server, 18)
        #expect(server.metric("latchkey_upstream_connections") == 0)
        await server.stop()
    }

    @Test(arguments: [
        stolen, "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", "\r\n", "x",
    ])
    func `bytes right after a response are no response to anybody`(_ stray: String) async throws {
        let isSent = Door()
        let isClosed = Door()
        let upstream = try upstream { connection in
            // It may be closed by now.
            try? connection.send(stray)
            isSent.open()
            _ = try? connection.readToEnd()
            isClosed.open()
        }
        let (server, access, other) = try await server(for: upstream)
        #expect(try server.ask(request("GET", "/v1/models", access)).status == 200)
        #expect(isSent.pass())
        try checkOwnAnswers(server, access, other)
        #expect(isClosed.pass(), "the connection is closed")
        #expect(upstream.connections.count == 3)
        await checkSettled(server, 3)
        await server.stop()
    }

    @Test(arguments: [200, 400, 408], [true, false])
    func `a response that comes while nothing was asked closes the idle connection`(
        _ status: Int, _ closes: Bool
    )
        async throws
    {
        let isIdle = Door()
        let isClosed = Door()
        let upstream = try upstream { connection in
            isIdle.pass()
            try connection.send(
                "HTTP/1.1 \(status) Unasked\r\nConnection: close\r\nContent-Length: 6\r\n\r\nstolen")
            if closes { connection.finish() }
            _ = try? connection.readToEnd()
            isClosed.open()
        }
        let (server, access, other) = try await server(for: upstream)
        #expect(try server.ask(request("GET", "/v1/models", access)).status == 200)
        #expect(await server.isIdle())
        #expect(server.metric("latchkey_upstream_connections", "state=\"idle\"") == 1)
        isIdle.open()
        #expect(isClosed.pass(), "it is closed before anybody asks again")
        try checkOwnAnswers(server, access, other)
        #expect(upstream.connections.count == 3)
        await checkSettled(server, 3)
        await server.stop()
    }
}
