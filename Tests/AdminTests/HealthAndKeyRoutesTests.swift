import Domain
import HTTPTypes
import Hummingbird
import Synchronization
import Testing

@testable import Admin
@testable import Storage

@Suite struct HealthAndKeyRoutesTests {
    @Test func `it is live and ready, and while it drains it is live only`() async throws {
        let fixture = try await AdminFixture()
        for path in ["/live", "/ready", "/health"] {
            let answer = try await fixture.send(.get, path, authorization: nil)
            #expect(answer.status == 200)
            #expect(try answer.decoded(HealthResource.self).status == "ok")
        }
        fixture.state.isDraining.withLock { $0 = true }
        #expect(try await fixture.send(.get, "/live", authorization: nil).status == 200)
        let ready = try await fixture.send(.get, "/ready", authorization: nil)
        #expect(ready.status == 503)
        #expect(
            try ready.decoded(HealthResource.self).checks == [
                "store": "ok", "listener": "draining", "ledger": "ok",
            ])
    }

    @Test func `while the ledger cannot be written it is not ready, and says why`() async throws {
        let fixture = try await AdminFixture()
        fixture.state.ledgerFailure.withLock { $0 = .full }
        for path in ["/ready", "/health"] {
            let answer = try await fixture.send(.get, path, authorization: nil)
            #expect(answer.status == 503)
            let resource = try answer.decoded(HealthResource.self)
            #expect(resource.status == "failing" && resource.checks["ledger"] == "full")
        }
        #expect(try await fixture.send(.get, "/live", authorization: nil).status == 200)
        fixture.state.ledgerFailure.withLock { $0 = nil }
        #expect(try await fixture.send(.get, "/ready", authorization: nil).status == 200)
    }

    @Test func `a store that is gone fails readiness, and what it is asked is refused as unavailable`()
        async throws
    {
        let fixture = try await AdminFixture()
        try fixture.store.close()
        #expect(try await fixture.send(.get, "/ready", authorization: nil).status == 503)
        let answer = try await fixture.send(.get, "/manage/projects")
        #expect(answer.status == 503)
        #expect(try answer.problem().type == "urn:latchkey:problem:unavailable")
    }

    @Test func `only readiness asks the store, and health repeats what it found`() async throws {
        let fixture = try await AdminFixture()
        #expect(try await fixture.send(.get, "/ready", authorization: nil).status == 200)
        try fixture.store.close()
        for path in ["/live", "/health", "/ready"] {
            #expect(try await fixture.send(.get, path, authorization: nil).status == 200, "\(path)")
        }
        fixture.state.now.withLock { $0 = $0.adding(milliseconds: StoreProbe.period) }
        #expect(try await fixture.send(.get, "/health", authorization: nil).status == 200)
        #expect(try await fixture.send(.get, "/ready", authorization: nil).status == 503)
        let health = try await fixture.send(.get, "/health", authorization: nil)
        #expect(health.status == 503)
        #expect(try health.decoded(HealthResource.self).status == "failing")
        #expect(try await fixture.send(.get, "/live", authorization: nil).status == 200)
    }

    @Test func `health is unknown until something is known, and learns of what changes found`() async throws {
        let fixture = try await AdminFixture()
        func ask(_ path: String) async throws -> (status: Int, HealthResource) {
            let answer = try await fixture.send(.get, path, authorization: nil)
            return (answer.status, try answer.decoded())
        }
        let first = try await ask("/health")
        #expect(first.status == 200)
        #expect(first.1.status == "unknown")
        #expect(first.1.checks == ["store": "unknown", "listener": "ok", "ledger": "ok"])
        try await fixture.project("p1")
        #expect(try await ask("/health").1.status == "ok")
        #expect(try await ask("/ready").status == 200)

        await #expect(throws: StoreError.full) {
            try await fixture.store.database.change(by: .system(at: Timestamp(seconds: 1))) { _ in
                throw StoreError.full
            } as Void
        }
        for path in ["/health", "/ready"] {
            let failing = try await ask(path)
            #expect(failing.status == 503)
            #expect(failing.1.status == "failing")
            #expect(failing.1.checks == ["store": "full", "listener": "ok", "ledger": "ok"])
        }
        // Nobody has to ask for readiness first.
        try await fixture.project("p2")
        #expect(try await ask("/health").status == 200)
        #expect(try await ask("/ready").status == 200)
    }

    @Test func `the metrics are for operators`() async throws {
        let fixture = try await AdminFixture()
        #expect(try await fixture.send(.get, "/metrics", authorization: nil).status == 401)
        let answer = try await fixture.send(.get, "/metrics")
        #expect(answer.text == "latchkey_test 1\n")
        #expect(answer.headers[.contentType]?.hasPrefix("text/plain; version=0.0.4") == true)
    }

    @Test func `a management key's text is shown once, and the last key cannot be revoked`() async throws {
        let fixture = try await AdminFixture()
        let made = try await fixture.send(.post, "/manage/keys", #"{"name":"alice","role":"admin"}"#)
        #expect(made.status == 201)
        let key: ManagementKeyResource = try made.decoded()
        #expect(key.key?.hasPrefix("lkm_\(key.id)_") == true)
        let list = try await fixture.send(.get, "/manage/keys")
        let items = try list.decoded(PageResource<ManagementKeyResource>.self).items
        #expect(items.map(\.name) == ["alice", "first"])
        #expect(items.allSatisfy { $0.key == nil })
        let first = try #require(items.last)
        #expect(try await fixture.send(.post, "/manage/keys/\(first.id)/revoke").status == 200)
        let bearer = "Bearer \(key.key ?? "")"
        let last = try await fixture.send(.post, "/manage/keys/\(key.id)/revoke", authorization: bearer)
        #expect(last.status == 409)
        #expect(try await fixture.send(.get, "/manage/keys", authorization: bearer).status == 200)
    }

    @Test func `a store that cannot be written is a problem to try again`() {
        var details: Set<String> = []
        for error in [StoreError.full, .readOnly, .busy, .failing(code: 778)] {
            let problem = Problem(error)
            #expect(problem.status == 503)
            #expect(problem.type == "urn:latchkey:problem:unavailable")
            #expect(Answer.problem(problem).headers[.retryAfter] == "1")
            details.insert(problem.detail)
        }
        #expect(details.count == 4)
    }
}
