import Domain
import HTTPTypes
import Storage
import Synchronization
import Testing

@testable import Admin

@Suite struct PreconditionTests {
    private func tag(_ answer: AdminFixture.Answer) throws -> String { try #require(answer.headers[.eTag]) }

    @Test func `an ETag changes with what was set, and not with what is used`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let made = try await fixture.send(
            .post, "/manage/tokens",
            #"{"project":"acme","name":"bob","expires_in":60,"limits":["requests=5/day"]}"#)
        let id = try made.decoded(AccessTokenResource.self).id
        let path = "/manage/tokens/\(id)"
        let first = try tag(try await fixture.send(.get, path))
        #expect(try tag(made) == first)
        _ = try await fixture.send(.post, path + "/limits/top-up", #"{"limit":"requests/day","amount":3}"#)
        #expect(try tag(try await fixture.send(.get, path)) == first)
        fixture.state.now.withLock { $0 = $0.adding(milliseconds: 61_000) }
        #expect(try tag(try await fixture.send(.get, path)) == first)
        let changed = try await fixture.send(.patch, path, #"{"name":"eve"}"#)
        #expect(try tag(changed) != first)
        let back = try await fixture.send(.patch, path, #"{"name":"bob"}"#)
        #expect(try tag(back) == first)
    }

    @Test func `an update goes on only where the resource is as it was seen`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let path = "/manage/projects/acme"
        let seen = try tag(try await fixture.send(.get, path))
        func update(_ zone: String, _ tags: String?) async throws -> AdminFixture.Answer {
            try await fixture.send(
                .patch, path, #"{"time_zone":"\#(zone)"}"#, headers: tags.map { [.ifMatch: $0] } ?? [:])
        }
        let first = try await update("Europe/Berlin", seen)
        #expect(first.status == 200)
        let second = try await update("UTC", seen)
        #expect(second.status == 412)
        #expect(try second.problem() == .preconditionFailed)
        let now: ProjectResource = try await fixture.send(.get, path).decoded()
        #expect(now.timeZone == "Europe/Berlin")
        for tags in ["*", "\"x\", \(try tag(first))", "\(try tag(first))"] {
            #expect(try await update("Europe/Berlin", tags).status == 200, "\(tags)")
        }
        #expect(try await update("UTC", "W/\(try tag(first))").status == 412)
        #expect(try await update("UTC", "\"x\"").status == 412)
        for tags in ["x", "\"x", "\"x\" y", "", "W/x"] {
            let answer = try await update("UTC", tags)
            #expect(answer.status == 422, "\(tags)")
            #expect(try answer.problem().errors?.map(\.pointer) == ["If-Match"])
        }
        #expect(try await update("UTC", nil).status == 200)
    }

    @Test func `of many updates of what one saw, one goes on`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let seen = try tag(try await fixture.send(.get, "/manage/projects/acme"))
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<50 {
                group.addTask {
                    try await fixture.send(
                        .patch, "/manage/projects/acme", #"{"name":"acme-\#(index)"}"#,
                        headers: [.ifMatch: seen]
                    ).status
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.count { $0 == 200 } == 1)
        // The name that they were sent to is gone with the first.
        #expect(statuses.allSatisfy { [200, 412, 404].contains($0) })
        let events = try await fixture.store.auditEvents(limit: 1000)
        #expect(events.count { $0.event.action == .projectUpdated } == 1)
    }

    @Test func `a price that is not there yet has no ETag that could match`() async throws {
        let fixture = try await AdminFixture()
        let price = #"{"prompt":"1","completion":"2"}"#
        let path = "/manage/prices/no-such-model"
        #expect(try await fixture.send(.put, path, price, headers: [.ifMatch: "*"]).status == 412)
        let made = try await fixture.send(.put, path, price)
        #expect(made.status == 200)
        let seen = try tag(made)
        #expect(try await fixture.send(.put, path, price, headers: [.ifMatch: seen]).status == 200)
        #expect(try await fixture.send(.delete, path, headers: [.ifMatch: "\"x\""]).status == 412)
        #expect(try await fixture.send(.delete, path, headers: [.ifMatch: seen]).status == 200)
    }

    @Test func `a credential is removed only where it is as it was seen`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let path = "/manage/projects/acme/credentials"
        let first = try await fixture.send(.post, path, #"{"name":"first","key":"sk-1"}"#)
        let id = try first.decoded(CredentialResource.self).id
        _ = try await fixture.send(.post, path, #"{"name":"second","key":"sk-2"}"#)
        let stale = try await fixture.send(.delete, "\(path)/\(id)", headers: [.ifMatch: try tag(first)])
        #expect(stale.status == 412)
        let seen = try await fixture.send(.get, "\(path)/\(id)")
        #expect(try seen.decoded(CredentialResource.self).status == "retired")
        let removed = try await fixture.send(.delete, "\(path)/\(id)", headers: [.ifMatch: try tag(seen)])
        #expect(removed.status == 200)
        let gone = try await fixture.send(.delete, "\(path)/\(id)", headers: [.ifMatch: "*"])
        #expect(gone.status == 404)
    }

    /// Each has an ETag, and is changed by a request that takes If-Match.
    enum Tagged: CaseIterable {
        case project, upstreamKey, accessToken, retiredCredential, price, priceToRemove
    }

    /// Where its ETag is shown, and the request that changes it, which is another one for each index.
    private func change(
        of resource: Tagged, in fixture: AdminFixture
    ) async throws -> (shown: String, method: HTTPRequest.Method, path: String, body: (Int) -> String?) {
        let project = try await fixture.project("acme")
        let path = "/manage/projects/\(project.id)"
        switch resource {
        case .project: return (path, .patch, path, { #"{"time_zone":"Etc/GMT+\#($0 + 1)","limits":[]}"# })
        case .upstreamKey: return (path, .put, path + "/credential", { #"{"key":"sk-\#($0)"}"# })
        case .accessToken:
            let made = try await fixture.send(
                .post, "/manage/tokens",
                #"{"project":"acme","name":"bob","expires_in":60,"limits":["requests=5/day"]}"#)
            let token = "/manage/tokens/\(try made.decoded(AccessTokenResource.self).id)"
            return (token, .patch, token, { #"{"limits":["requests=\#($0 + 10)/day"]}"# })
        case .retiredCredential:
            let first = try await fixture.send(
                .post, path + "/credentials", #"{"name":"first","key":"sk-1"}"#)
            _ = try await fixture.send(.post, path + "/credentials", #"{"name":"second","key":"sk-2"}"#)
            let id = try first.decoded(CredentialResource.self).id
            return (path + "/credentials/\(id)", .delete, path + "/credentials/\(id)", { _ in nil })
        case .price, .priceToRemove:
            let price = "/manage/prices/my-model"
            _ = try await fixture.send(.put, price, #"{"prompt":"1","completion":"2"}"#)
            guard resource == .price else { return (price, .delete, price, { _ in nil }) }
            return (price, .put, price, { #"{"prompt":"1","completion":"\#($0 + 3)"}"# })
        }
    }

    @Test(arguments: Tagged.allCases)
    func `of many clients that saw the same, one changes it`(_ resource: Tagged) async throws {
        let fixture = try await AdminFixture()
        let (shown, method, path, body) = try await change(of: resource, in: fixture)
        let seen = try tag(try await fixture.send(.get, shown))
        let before = try await fixture.store.auditEvents(limit: 1000).count
        let requests = (0..<8).map { body($0) }
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for request in requests {
                group.addTask {
                    try await fixture.send(method, path, request, headers: [.ifMatch: seen]).status
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.count { $0 == 200 } == 1, "\(statuses)")
        // What is gone with the first is not there for the others.
        #expect(statuses.allSatisfy { [200, 412, 404].contains($0) }, "\(statuses)")
        #expect(method == .delete || statuses.count { $0 == 412 } == 7, "\(statuses)")
        #expect(try await fixture.store.auditEvents(limit: 1000).count == before + 1)
    }

    @Test func `what comes between the last look and the change is seen by the change`() async throws {
        let fixture = try await AdminFixture()
        let project = try await fixture.project("acme")
        let id = try #require(ProjectID(project.id))
        let seen = try tag(try await fixture.send(.get, "/manage/projects/acme"))
        var context = ChangeContext.console(at: fixture.state.readClock())
        context.ifMatch = IfMatch([seen]) { resource in
            guard case .project(let stored, _, _) = resource else { return nil }
            return stored.name.rawValue == "acme" ? seen : nil
        }
        let change = ProjectChange(name: ProjectName("other"))
        _ = try await fixture.store.updateProject(id, change, by: context)
        let again = ProjectChange(name: ProjectName("third"))
        await #expect(throws: StoreError.changedMeanwhile) {
            _ = try await fixture.store.updateProject(id, again, by: context)
        }
        #expect(try await fixture.store.project(id)?.name.rawValue == "other")
    }

    @Test func `every route that changes what it names takes If-Match`() async throws {
        let fixture = try await AdminFixture()
        for route in fixture.router.routes where [.patch, .put, .delete].contains(route.method) {
            // A copy of the store never changes.
            let isBackup = route.path == "/manage/backups/{name}"
            #expect(route.takesIfMatch != isBackup, "\(route.method) \(route.path)")
        }
    }
}
