import Domain
import Foundation
import HTTPTypes
import Storage
import Synchronization
import Testing

@testable import Admin

@Suite struct BulkRevocationRoutesTests {
    let fixture: AdminFixture

    init() async throws {
        fixture = try await AdminFixture()
        try await fixture.project("acme")
    }

    @discardableResult private func issue(_ name: String = "bob", _ rest: String = "") async throws
        -> AccessTokenResource
    {
        try await fixture.send(
            .post, "/manage/tokens", #"{"project":"acme","name":"\#(name)","expires_in":3600\#(rest)}"#
        ).decoded()
    }

    private func post(_ path: String, _ json: String? = nil) async throws -> AdminFixture.Answer {
        try await fixture.send(.post, "/manage/tokens/\(path)", json)
    }

    @Test func `a bulk revocation is published as one, and a dry run revokes nothing`() async throws {
        let first = try await issue("ci-1")
        let second = try await issue("ci-2")
        try await issue("bob")
        let dry: BulkRevokeResource = try await post(
            "bulk-revoke", #"{"filter":{"name":"ci-*"},"dry_run":true}"#
        ).decoded()
        #expect(dry.dryRun && dry.count == 2 && dry.items.map(\.status) == ["active", "active"])
        let before = fixture.published.events.count
        let revoked: BulkRevokeResource = try await post(
            "bulk-revoke", #"{"filter":{"name":"ci-*"},"dry_run":false}"#
        ).decoded()
        #expect(Set(revoked.items.map(\.id)) == [second.id, first.id])
        #expect(revoked.items.map(\.status) == ["revoked", "revoked"])
        let ids = revoked.items.compactMap { AccessTokenID($0.id) }
        #expect(Array(fixture.published.events.dropFirst(before)) == [.accessTokens(ids, closed: ids)])
    }

    @Test func `a bulk revocation spares honey tokens, unless it asks for them`() async throws {
        let (bob, bait) = (try await issue("bob"), try await issue("bait", #","honey":true"#))
        func revoke(_ filter: String, dryRun: Bool) async throws -> [String] {
            try await post("bulk-revoke", #"{"filter":\#(filter),"dry_run":\#(dryRun)}"#)
                .decoded(BulkRevokeResource.self).items.map(\.id)
        }
        let listed = try await fixture.send(.get, "/manage/tokens?honey=true")
        #expect(try listed.decoded(PageResource<AccessTokenResource>.self).items.map(\.id) == [bait.id])
        #expect(try await revoke(#"{"project":"acme"}"#, dryRun: true) == [bob.id])
        #expect(try await revoke(#"{"project":"acme","q":"ba"}"#, dryRun: false) == [])
        #expect(try await revoke(#"{"project":"acme"}"#, dryRun: false) == [bob.id])
        #expect(try await revoke(#"{"project":"acme","honey":true}"#, dryRun: true) == [bait.id])
        #expect(try await revoke(#"{"honey":true}"#, dryRun: false) == [bait.id])
    }

    @Test(arguments: [
        (#"{"filter":{},"dry_run":false}"#, "/filter"), (#"{"filter":{"name":"*"}}"#, "/dry_run"),
        (#"{"dry_run":true}"#, "/filter"), (#"{"filter":{"age":1},"dry_run":true}"#, "/filter/age"),
        (#"{"filter":{"project":"none"},"dry_run":true}"#, "/filter/project"),
        (#"{"filter":{"status":"x"},"dry_run":true}"#, "/filter/status"),
    ])
    func `a bulk revocation that does not say what it means revokes nothing`(
        _ json: String, _ pointer: String
    )
        async throws
    {
        try await issue()
        let answer = try await post("bulk-revoke", json)
        #expect(answer.status == 422)
        #expect(try answer.problem().errors?.map(\.pointer) == [pointer])
        #expect(try await fixture.store.listAccessTokens(limit: 1).items[0].revokedAt == nil)
    }

    @Test func `a key of one project revokes nothing beyond it`() async throws {
        try await fixture.project("other")
        try await issue()
        let bearer = try await fixture.bearer(.issue, project: "other")
        let answer = try await fixture.send(
            .post, "/manage/tokens/bulk-revoke", #"{"filter":{"name":"*"},"dry_run":false}"#,
            authorization: bearer)
        #expect(try answer.decoded(BulkRevokeResource.self).count == 0)
        #expect(try await fixture.store.listAccessTokens(limit: 1).items[0].revokedAt == nil)
    }

    // MARK: - Many at once

    /// Makes access tokens as the store has them, three steps of a revocation.
    private func fill() async throws -> [AccessTokenID] {
        let project = try await fixture.control.project("acme")
        var ids: [AccessTokenID] = []
        for _ in 0..<2 * RevocationStep.limit + 1 {
            ids.append(
                try await fixture.control.issueAccessToken(
                    AccessTokenOrder(
                        project: project.id, name: try #require(Label("ci")), lifetime: .endless),
                    by: .console(at: fixture.state.readClock())
                ).accessToken.id)
        }
        return ids
    }

    private static let all = #"{"filter":{"name":"ci"},"dry_run":false}"#

    private func revocations() async throws -> [AuditEvent] {
        try await fixture.store.auditEvents(limit: 10_000).map(\.event).filter { $0.action == .tokenRevoked }
    }

    @Test func `many are revoked in steps, each published before the next, and the answer has all`()
        async throws
    {
        let ids = try await fill()
        let before = fixture.published.events.count
        let revoked: BulkRevokeResource = try await post("bulk-revoke", Self.all).decoded()
        #expect(revoked.count == ids.count && Set(revoked.items.map(\.id)) == Set(ids.map(\.rawValue)))
        #expect(revoked.items.allSatisfy { $0.status == "revoked" })
        let steps = fixture.published.events.dropFirst(before).map { event in
            if case .accessTokens(_, let closed) = event { closed.count } else { 0 }
        }
        #expect(Array(steps) == [RevocationStep.limit, RevocationStep.limit, 1])
        let events = try await revocations()
        #expect(events.count == ids.count)
        #expect(events.allSatisfy { $0.details.contains(AuditEvent.Detail("bulk", String(ids.count))) })
        #expect(try await fixture.store.verifyAudit().firstBad == nil)
    }

    @Test func `other changes come between the steps`() async throws {
        _ = try await fill()
        let other = try await issue("other")
        let fixture = fixture
        // Asked for when the first step is published: it need not wait for the last.
        let suspended = Mutex<Task<AdminFixture.Answer, any Error>?>(nil)
        fixture.published.whenPublished { _ in
            suspended.withLock { task in
                if task == nil {
                    task = Task { try await fixture.send(.post, "/manage/tokens/\(other.id)/suspend") }
                }
            }
        }
        _ = try await post("bulk-revoke", Self.all)
        #expect(try await suspended.withLock { $0 }?.value.status == 200)
        let closures = fixture.published.events.compactMap { event -> Int? in
            switch event {
            case .accessTokens(_, let closed): closed.count
            case .accessToken(let id, isRevoked: false) where id.rawValue == other.id: 0
            default: nil
            }
        }
        // The first of the two is its issue.
        #expect(closures.count == 5 && closures.last != 0)
    }

    @Test func `a rotation between the steps saves no access token`() async throws {
        let last = try #require(try await fill().min { $0.rawValue < $1.rawValue })
        let fixture = fixture
        // Asked for when the first step is published; the last step has this one alone.
        let rotation = Mutex<Task<AdminFixture.Answer, any Error>?>(nil)
        fixture.published.whenPublished { _ in
            rotation.withLock { task in
                if task == nil {
                    task = Task { try await fixture.send(.post, "/manage/tokens/\(last)/rotate", "{}") }
                }
            }
        }
        let revoked: BulkRevokeResource = try await post("bulk-revoke", Self.all).decoded()
        let rotated = try await rotation.withLock { $0 }?.value
        let successor = try #require(try rotated?.decoded(AccessTokenResource.self))
        #expect(revoked.items.suffix(2).map(\.id) == [last.rawValue, successor.id])
        let id = try #require(AccessTokenID(successor.id))
        #expect(try await fixture.store.accessToken(id)?.revokedAt != nil)
        guard case .accessTokens(_, let closed)? = fixture.published.events.last else {
            return #expect(Bool(false), "the last step is published")
        }
        #expect(closed == [last, id])
    }

    @Test func `what fails in its course is told, stays revoked, and is finished by the same request`()
        async throws
    {
        let ids = try await fill()
        let issued = try await fixture.store.auditEvents(limit: 10_000).count
        let last = issued + RevocationStep.limit
        try await fixture.execute(
            """
            CREATE TRIGGER no BEFORE INSERT ON audit_events WHEN NEW.seq > \(last)
            BEGIN SELECT RAISE(ABORT, 'no'); END
            """)
        let failed = try await fixture.send(
            .post, "/manage/tokens/bulk-revoke", Self.all, headers: [.idempotencyKey: "k"])
        let problem = try failed.problem()
        #expect(failed.status == Problem(StoreError.conflict).status && problem.isInPart)
        #expect(problem.detail.hasPrefix("\(RevocationStep.limit) of the credentials are revoked"))
        let done = try await revocations().map(\.subject)
        #expect(done.count == RevocationStep.limit)
        let closed = fixture.published.events.flatMap { event -> [AccessTokenID] in
            if case .accessTokens(_, let closed) = event { closed } else { [] }
        }
        #expect(closed.map(\.rawValue) == done)

        try await fixture.execute("DROP TRIGGER no")
        let again = try await fixture.send(
            .post, "/manage/tokens/bulk-revoke", Self.all, headers: [.idempotencyKey: "k"])
        #expect(again.headers[.idempotencyReplayed] == nil)
        let rest: BulkRevokeResource = try again.decoded()
        #expect(rest.count == ids.count - RevocationStep.limit)
        #expect(Set(rest.items.map(\.id)).isDisjoint(with: done))
        // Each once.
        #expect(Set(try await revocations().map(\.subject)).count == ids.count)
        #expect(try await revocations().count == ids.count)
    }

    @Test func `a revocation goes on where its caller has gone`() async throws {
        let ids = try await fill()
        let fixture = fixture
        let running = Mutex<Task<Void, Never>?>(nil)
        fixture.published.whenPublished { event in
            if case .accessTokens = event { running.withLock { $0?.cancel() } }
        }
        let task = Task { _ = try? await fixture.send(.post, "/manage/tokens/bulk-revoke", Self.all) }
        running.withLock { $0 = task }
        await task.value
        #expect(task.isCancelled)
        #expect(try await revocations().count == ids.count)
    }
}
