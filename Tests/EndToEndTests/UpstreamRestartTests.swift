import Foundation
import Synchronization
import Testing

@testable import App

/// An upstream that is restarted under load loses what is in flight, and nothing else.
@Suite(.serialized) @EndToEnd struct UpstreamRestartTests {
    nonisolated private static let restarts = ProcessInfo.processInfo.environment["VERIFY"] == "1" ? 50 : 5
    nonisolated private static let clients = 8
    /// Requests between two restarts.
    nonisolated private static let pause = 150

    private struct Outcome {
        var name: String
        var status: Int
        var error: String?
        var isOwn: Bool
        /// The upstream did not change while it was in flight.
        var wasUndisturbed: Bool
        var reason: String { "\(status) \(error ?? "")" }
    }

    private final class Outcomes: Sendable {
        private let condition = NSCondition()
        private let outcomes = Mutex<[Outcome]>([])
        let isOver = Atomic(false)
        var all: [Outcome] { outcomes.withLock { $0 } }
        var count: Int { outcomes.withLock { $0.count } }

        func add(_ outcome: Outcome) {
            condition.withLock { outcomes.withLock { $0.append(outcome) } }
            condition.broadcast()
        }

        /// Blocks until there are so many more, or until it takes too long.
        func wait(for more: Int) {
            let goal = count + more
            let limit = Date(timeIntervalSinceNow: 10)
            condition.withLock {
                while count < goal, condition.wait(until: limit) {}
            }
        }
    }

    /// Asks again and again on one connection.
    nonisolated private static func load(
        _ client: RawSocket, _ number: Int, _ access: Latchkey.Access, _ upstream: RestartingUpstream,
        _ outcomes: Outcomes
    ) throws {
        for count in 0... {
            guard !outcomes.isOver.load(ordering: .relaxed) else { return }
            let name = "request-\(number)-\(count)"
            let before = upstream.generation
            try client.send(request("GET", "/v1/files/\(name)", access))
            let answer = try client.readMessage()
            let isUndisturbed = before % 2 == 0 && upstream.generation == before
            outcomes.add(
                Outcome(
                    name: name, status: answer.status, error: answer["x-latchkey-error"],
                    isOwn: answer.text == name, wasUndisturbed: isUndisturbed))
        }
    }

    @Test func `every request that no restart meets is answered, and none is sent twice`() async throws {
        let upstream = try RestartingUpstream()
        let server = try await Latchkey(["LATCHKEY_LOG_LEVEL": "info"])
        let access = try await server.issue(for: server.project(at: upstream.port))
        let outcomes = Outcomes()
        let done = Door()
        for number in 0..<Self.clients {
            let client = try server.connect()
            Thread.detachNewThread {
                // What goes wrong here is seen in the counts.
                try? Self.load(client, number, access, upstream, outcomes)
                done.open()
            }
        }
        await withCheckedContinuation { continuation in
            // On a thread of its own: other tests have this one, and the load would go on meanwhile.
            Thread.detachNewThread {
                for _ in 0..<Self.restarts {
                    outcomes.wait(for: Self.pause)
                    upstream.stop()
                    outcomes.wait(for: Self.clients)
                    // Where it cannot, nothing more is answered.
                    try? upstream.start()
                }
                outcomes.wait(for: Self.pause)
                outcomes.isOver.store(true, ordering: .relaxed)
                continuation.resume()
            }
        }
        for _ in 0..<Self.clients { #expect(done.pass()) }

        let all = outcomes.all
        let arrived = upstream.arrived
        #expect(Set(arrived).count == arrived.count, "no request arrives twice")
        let answered = all.filter { $0.status == 200 }
        #expect(answered.allSatisfy { $0.isOwn && $0.error == nil })
        #expect(Set(answered.map(\.name)).isSubset(of: arrived))
        #expect(answered.count >= Self.restarts * (Self.pause - Self.clients))
        let lost = all.filter { $0.status != 200 }
        #expect(lost.filter(\.wasUndisturbed).map(\.reason) == [])
        #expect(lost.count >= Self.restarts)
        #expect(Set(lost.map(\.reason)).isSubset(of: ["502 upstream_reset", "502 upstream_connect"]))
        let refused = Set(lost.filter { $0.error == "upstream_connect" }.map(\.name))
        #expect(refused.isDisjoint(with: arrived), "what could not connect was not sent")
        #expect(lost.filter { $0.error == "upstream_reset" }.count <= Self.restarts * Self.clients)
        #expect(await server.isIdle())
        #expect(server.metric("latchkey_requests_total") == all.count)
        #expect(server.metric("latchkey_permit_defects_total") == 0)
        #expect(await server.accessLogLines(all.count).count == all.count)
        #expect(server.metric("latchkey_upstream_connections", "state=\"active\"") == 0)
        await server.stop()
    }
}
