import Domain
import Storage
import Testing

@Suite struct RecordsTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    @Test func `a project's name is unique, also after a change of name`() async throws {
        let store = try await fixture.create()
        let now = fixture.now
        let first = try fixture.project("first")
        let second = try fixture.project("second")
        try await store.createProject(first, by: .console(at: now))
        try await store.createProject(second, by: .console(at: now))
        await #expect(throws: StoreError.nameTaken) {
            try await store.createProject(fixture.project("first"), by: .console(at: now))
        }
        await #expect(throws: StoreError.nameTaken) {
            _ = try await store.updateProject(
                second.id, ProjectChange(name: first.name), by: .console(at: now))
        }
        #expect(try await store.project(named: second.name) == second)
        #expect(try await store.auditEvents(limit: 10).count == 3)
    }

    @Test func `a change of nothing leaves no event, and what is archived stays so`() async throws {
        let store = try await fixture.create()
        let project = try fixture.project()
        let later = fixture.now.adding(milliseconds: 1)
        try await store.createProject(project, by: .console(at: fixture.now))
        let same = ProjectChange(name: project.name, upstream: project.upstream, state: project.state)
        #expect(try await store.updateProject(project.id, same, by: .console(at: later)).project == project)
        #expect(try await store.auditEvents(limit: 10).count == 2)
        let archive = ProjectChange(state: .archived)
        let archived = try await store.updateProject(project.id, archive, by: .console(at: later)).project
        #expect(archived.state == .archived && archived.updatedAt == later)
        for change in [
            ProjectChange(state: .active), ProjectChange(upstream: try UpstreamURL(parsing: "https://x")),
        ] {
            await #expect(throws: StoreError.archived) {
                _ = try await store.updateProject(project.id, change, by: .console(at: later))
            }
        }
        await #expect(throws: StoreError.archived) {
            try await store.issueAccessToken(fixture.accessToken(of: project), by: .console(at: later))
        }
        await #expect(throws: StoreError.archived) {
            try await store.setCredential(fixture.credential(of: project), by: .console(at: later))
        }
        #expect(try await store.project(project.id) == archived)
    }

    @Test func `a project has one credential, the last one set`() async throws {
        let store = try await fixture.create()
        let project = try fixture.project()
        let first = try fixture.credential(of: project, sealed: [1])
        let second = try fixture.credential(of: project, sealed: [2])
        try await store.createProject(project, credential: first, by: .console(at: fixture.now))
        #expect(try await store.credential(of: project.id) == first)
        try await store.setCredential(second, by: .console(at: fixture.now))
        #expect(try await store.credential(of: project.id) == second)
        #expect(try await store.accessRecords(at: fixture.now).credentials == [second])
    }

    @Test func `a move to another upstream takes the new credential with it, in one change`() async throws {
        let store = try await fixture.create()
        let project = try fixture.project()
        let credential = try fixture.credential(of: project, sealed: [2])
        let later = fixture.now.adding(milliseconds: 1)
        try await store.createProject(
            project, credential: fixture.credential(of: project), by: .console(at: fixture.now))
        let two = try UpstreamURL(parsing: "https://two.example")
        let moved = try await store.updateProject(
            project.id, ProjectChange(upstream: two), credential: credential, by: .console(at: later)
        ).project
        #expect(moved.upstream == two && moved.state == .active && moved.updatedAt == later)
        #expect(try await store.accessRecords(at: fixture.now).credentials == [credential])
        let events = try await store.auditEvents(after: 2, limit: 10)
        #expect(events.map(\.event.action) == [.projectUpdated, .credentialSet])
        #expect(events.map(\.sequence) == [3, 4])
        #expect(events[1].event.details.contains { $0.name == "credential_before" && $0.value != "none" })

        let foreign = try fixture.credential(of: fixture.project("other"))
        await #expect(throws: StoreError.conflict) {
            _ = try await store.updateProject(
                project.id, ProjectChange(), credential: foreign, by: .console(at: later))
        }
    }

    @Test(arguments: [
        "UPDATE ON projects", "DELETE ON upstream_credentials", "INSERT ON upstream_credentials",
        "INSERT ON audit_events WHEN NEW.action = 'credential.set'",
    ])
    func `a move that fails at any step changes nothing at all`(_ step: String) async throws {
        let store = try await fixture.create()
        let project = try fixture.project()
        let credential = try fixture.credential(of: project)
        try await store.createProject(project, credential: credential, by: .console(at: fixture.now))
        try fixture.tamper("CREATE TRIGGER no_step BEFORE \(step) BEGIN SELECT RAISE(ABORT, 'no'); END")
        let move = ProjectChange(
            name: ProjectName("moved"),
            upstream: try UpstreamURL(parsing: "https://two.example"))
        let replacement = try fixture.credential(of: project, sealed: [2])
        let later = fixture.now.adding(milliseconds: 1)
        await #expect(throws: StoreError.self) {
            _ = try await store.updateProject(
                project.id, move, credential: replacement, by: .console(at: later))
        }
        #expect(try await store.listProjects(limit: 10).items == [project])
        #expect(try await store.accessRecords(at: fixture.now).credentials == [credential])
        #expect(try await store.auditEvents(limit: 10).count == 2)
    }

    @Test func `a project and a credential of another are refused together`() async throws {
        let store = try await fixture.create()
        let project = try fixture.project()
        let foreign = try fixture.credential(of: fixture.project("other"))
        await #expect(throws: StoreError.conflict) {
            try await store.createProject(project, credential: foreign, by: .console(at: fixture.now))
        }
        #expect(try await store.project(project.id) == nil)
    }

    @Test func `what is not there is not found`() async throws {
        let store = try await fixture.create()
        let project = try fixture.project()
        let accessToken = try fixture.accessToken(of: project)
        let now = fixture.now
        await #expect(throws: StoreError.notFound) {
            try await store.issueAccessToken(accessToken, by: .console(at: now))
        }
        await #expect(throws: StoreError.notFound) {
            _ = try await store.revokeAccessToken(accessToken.id, by: .console(at: now))
        }
        await #expect(throws: StoreError.notFound) {
            _ = try await store.recordExpiry(accessToken.id, at: now)
        }
        await #expect(throws: StoreError.notFound) {
            _ = try await store.updateProject(
                project.id, ProjectChange(state: .disabled), by: .console(at: now))
        }
        #expect(try await store.accessToken(accessToken.id) == nil)
        #expect(try await store.auditEvents(limit: 10).count == 1)
    }

    @Test func `revoking twice keeps the first moment and leaves one event`() async throws {
        let key = try fixture.managementKey()
        let store = try await fixture.create(managementKey: key)
        let project = try fixture.project()
        let accessToken = try fixture.accessToken(of: project)
        let later = fixture.now.adding(milliseconds: 1000)
        try await store.createProject(project, by: .console(at: fixture.now))
        try await store.issueAccessToken(accessToken, by: .console(at: fixture.now))
        for moment in [fixture.now, later] {
            let revoked = try await store.revokeAccessToken(accessToken.id, by: .console(at: moment))
            #expect(revoked.revokedAt == fixture.now)
            #expect(
                try await store.revokeManagementKey(key.id, by: .console(at: moment)).revokedAt == fixture.now
            )
        }
        let actions = try await store.auditEvents(limit: 100).map(\.event.action)
        #expect(actions.count(where: { $0 == .tokenRevoked }) == 1)
        #expect(actions.count(where: { $0 == .managementKeyRevoked }) == 1)
        #expect(try await store.accessRecords(at: fixture.now).accessTokens.isEmpty)
    }

    @Test func `only the first sight of an expiry is written down, and only once it has come`() async throws {
        let store = try await fixture.create()
        let project = try fixture.project()
        let expiry = fixture.now.adding(milliseconds: 10)
        let accessToken = try fixture.accessToken(of: project, expiresAt: expiry)
        let endless = try fixture.accessToken(of: project)
        try await store.createProject(project, by: .console(at: fixture.now))
        for each in [accessToken, endless] {
            try await store.issueAccessToken(each, by: .console(at: fixture.now))
        }
        #expect(try await store.recordExpiry(accessToken.id, at: fixture.now).expiredAt == nil)
        #expect(try await store.recordExpiry(accessToken.id, at: expiry).expiredAt == expiry)
        #expect(
            try await store.recordExpiry(accessToken.id, at: expiry.adding(milliseconds: 9)).expiredAt
                == expiry)
        #expect(try await store.recordExpiry(endless.id, at: expiry).expiredAt == nil)
        let actions = try await store.auditEvents(limit: 100).map(\.event.action)
        #expect(actions.count(where: { $0 == .tokenExpired }) == 1)
        #expect(try await store.accessToken(accessToken.id)?.status(at: fixture.now) == .expired)
    }

    @Test func `a hash is never there twice`() async throws {
        let store = try await fixture.create()
        let project = try fixture.project()
        let accessToken = try fixture.accessToken(of: project)
        var other = try fixture.accessToken(of: project)
        other.hash = accessToken.hash
        try await store.createProject(project, by: .console(at: fixture.now))
        try await store.issueAccessToken(accessToken, by: .console(at: fixture.now))
        await #expect(throws: StoreError.conflict) {
            try await store.issueAccessToken(other, by: .console(at: fixture.now))
        }
        #expect(try await store.listAccessTokens(limit: 10).items == [accessToken])
    }

    @Test func `pages cover every access token once, newest first, while new ones come`() async throws {
        let store = try await fixture.create()
        let mine = try fixture.project("mine")
        let other = try fixture.project("other")
        for project in [mine, other] { try await store.createProject(project, by: .console(at: fixture.now)) }
        var issued: [AccessTokenID] = []
        for index in 0..<7 {
            let moment = fixture.now.adding(milliseconds: Int64(index / 3))
            let accessToken = try fixture.accessToken(of: mine, at: moment)
            try await store.issueAccessToken(accessToken, by: .console(at: moment))
            try await store.issueAccessToken(
                fixture.accessToken(of: other, at: moment), by: .console(at: moment))
            issued.append(accessToken.id)
        }
        var seen: [AccessTokenID] = []
        var hasMore = true
        while hasMore {
            let page = try await store.listAccessTokens(of: mine.id, after: seen.last, limit: 3)
            #expect(page.items.count <= 3)
            seen += page.items.map(\.id)
            hasMore = page.hasMore
            let late = fixture.now.adding(milliseconds: 100)
            try await store.issueAccessToken(fixture.accessToken(of: mine, at: late), by: .console(at: late))
        }
        #expect(seen == issued.reversed())
        let everything = try await store.listAccessTokens(limit: 100)
        #expect(everything.items.count == 17 && !everything.hasMore)
        #expect(try await store.listProjects(limit: 1).hasMore)
        #expect(try await store.listProjects(after: ListPlace(other.id), limit: 5).items == [mine])
    }

    @Test func `a change is carried through although its task was cancelled`() async throws {
        let store = try await fixture.create()
        let project = try fixture.project()
        let now = fixture.now
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await store.createProject(project, by: .console(at: now))
        }
        try await task.value
        #expect(try await store.project(project.id) == project)
    }
}
