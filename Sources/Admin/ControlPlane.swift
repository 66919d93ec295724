package import Domain
package import Gateway
package import Storage
package import Vault

/// Every change to who may do what: committed to the store, then published to the data path, one change after
/// another.
///
/// When a call returns, both have happened: a revoked access token is dispatched no more, a new one works.
/// Used by the management API (a management key is the principal) and by `serve --dev` (the console is).
package final class ControlPlane: Sendable {
    /// For reading; whoever changes goes through this type.
    let store: Store
    let keyRing: KeyRing
    let access: any AccessPublishing
    let now: @Sendable () -> Timestamp
    let limits: LimitControl
    let changes: ChangeQueue
    private let noteKey: @Sendable (CredentialHash) -> Void

    /// `noteKey` is told of each management key that is made.
    package init(
        store: Store, keyRing: KeyRing, access: any AccessPublishing, limits: LimitControl,
        noteKey: @escaping @Sendable (CredentialHash) -> Void = { _ in },
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.keyRing = keyRing
        self.access = access
        self.limits = limits
        self.noteKey = noteKey
        self.now = now
        changes = ChangeQueue(now: now)
    }

    // MARK: - Projects

    /// The project with this id or name; throws a 404 ``Problem`` where there is none.
    package func project(_ reference: String) async throws -> Project {
        var found: Project?
        if let id = ProjectID(reference) {
            found = try await store.project(id)
        } else if let name = ProjectName(reference) {
            found = try await store.project(named: name)
        }
        guard let found else { throw Problem.noSuch(.project, named: reference) }
        return found
    }

    /// The same for an operator; throws 404 as well where it is out of their reach.
    func project(_ reference: String, for caller: Operator) async throws -> Project {
        let project = try await project(reference)
        try caller.require(project.id)
        return project
    }

    /// The access token with this id; throws a 404 ``Problem`` where there is none in the operator's reach.
    func accessToken(_ id: String, for caller: Operator) async throws -> AccessToken {
        guard let accessToken = try await store.accessToken(AccessTokenID(reference: id)),
            caller.reaches(accessToken.project)
        else { throw Problem.noSuch(.accessToken) }
        return accessToken
    }

    /// `settings`: what else is set of it, limits too.
    package func createProject(
        _ name: ProjectName, upstream: UpstreamURL, key: Secret?,
        settings: ProjectChange = ProjectChange(), by context: ChangeContext
    ) async throws -> Project {
        try await changes.run(context) { [self] context in
            let project = settings.applied(
                to: Project(
                    id: ProjectID(digits: RandomDigits.draw()), name: name, upstream: upstream,
                    state: .active,
                    createdAt: context.now, updatedAt: context.now))
            try requireTimeZone(project.timeZone)
            let credential = key.map { seal($0, for: project, at: context.now) }
            let records = try await store.createProject(
                project, limits: settings.limits ?? .none, credential: credential, by: context)
            limits.setTimeZone(project.timeZone, of: project.id)
            limits.set(records, of: .project(project.id))
            await access.put(project, key: UpstreamKey(credential, key))
            return project
        }
    }

    private func requireTimeZone(_ name: String) throws(Problem) {
        guard limits.knows(timeZone: name) else {
            throw .invalid("time_zone", "it has to be the IANA name of a time zone, such as Europe/Berlin")
        }
    }

    /// - Parameter key: replaces the upstream's key, and has to be given where one is set and the upstream
    ///   moves to another origin: a key is never sent elsewhere than it was given for.
    package func updateProject(
        _ id: ProjectID, _ change: ProjectChange, key: Secret? = nil, by context: ChangeContext
    ) async throws -> Project {
        try await changes.run(context) { [self] context in
            guard let old = try await store.project(id) else { throw Problem.noSuch(.project) }
            let target = change.applied(to: old)
            if target.timeZone != old.timeZone { try requireTimeZone(target.timeZone) }
            if target.upstream.origin != old.upstream.origin, target.upstream != .dummy, key == nil,
                try await store.credential(of: id) != nil
            {
                throw Problem.conflict(
                    "The upstream is another server: its key has to be given too", field: "upstream_key")
            }
            let credential = key.map { seal($0, for: target, at: context.now) }
            let (project, records) = try await store.updateProject(
                id, change, credential: credential, by: context)
            if project.timeZone != old.timeZone { limits.setTimeZone(project.timeZone, of: id) }
            if change.limits != nil { limits.set(records, of: .project(id)) }
            await access.put(project, key: UpstreamKey(credential, key))
            return project
        }
    }

    package func setCredential(
        _ key: Secret, of project: ProjectID, by context: ChangeContext
    ) async throws -> UpstreamCredential {
        try await changes.run(context) { [self] context in
            guard let project = try await store.project(project) else { throw Problem.noSuch(.project) }
            let credential = seal(key, for: project, at: context.now)
            // Nothing that can fail stands between the commit and its publication.
            try await store.setCredential(credential, by: context)
            await access.put(project, key: UpstreamKey(credential.id, key))
            return credential
        }
    }

    func seal(
        _ key: Secret, named name: Label = .upstreamKey, for project: Project, at now: Timestamp
    ) -> UpstreamCredential {
        let id = CredentialID(digits: RandomDigits.draw())
        var credential = UpstreamCredential(
            id: id, project: project.id, name: name, sealed: [], createdAt: now)
        credential.upstream = project.upstream
        return keyRing.seal(key, as: credential)
    }

    // MARK: - Access tokens

    /// The text is in the answer, and nowhere else.
    package func issueAccessToken(
        _ order: AccessTokenOrder, by context: ChangeContext
    ) async throws -> (accessToken: AccessToken, text: Secret) {
        try await changes.run(context) { [self] context in
            let minted = keyRing.mint(.accessToken)
            let accessToken = order.accessToken(
                AccessTokenID(digits: minted.idDigits), hash: minted.hash, at: context.now)
            let records = try await store.issueAccessToken(
                accessToken, limits: order.limits, by: context)
            limits.set(records, of: accessToken.limitSubject)
            await access.put(accessToken)
            return (accessToken, minted.text)
        }
    }

    /// What is under way goes on as it was admitted. `labels` makes the new ones of those that are there; nil
    /// leaves them.
    package func updateAccessToken(
        _ id: AccessTokenID, _ change: AccessTokenChange,
        labels: @escaping @Sendable (LabelSet) throws -> LabelSet? = { _ in nil }, by context: ChangeContext
    ) async throws -> AccessToken {
        try await changes.run(context) { [self] context in
            var change = change
            if let old = try await store.accessToken(id) { change.labels = try labels(old.labels) }
            let (accessToken, records) = try await store.updateAccessToken(
                id, change, by: context)
            // Also where they did not change: one that was dead comes back with its limits.
            limits.set(records, of: accessToken.limitSubject)
            await access.put(accessToken)
            return accessToken
        }
    }

    /// Returns when no request with it is dispatched any more, also where it was revoked already.
    package func revokeAccessToken(_ id: AccessTokenID, by context: ChangeContext) async throws -> AccessToken
    {
        try await changes.run(context) { [self] context in
            let accessToken = try await store.revokeAccessToken(id, by: context)
            await access.put(accessToken)
            return accessToken
        }
    }

    // MARK: - Management keys

    /// The text is in the answer, and nowhere else.
    package func createManagementKey(
        name: Label, role: Role, project: ProjectID? = nil, by context: ChangeContext
    ) async throws -> (key: ManagementKey, text: Secret) {
        try await changes.run(context) { [self] context in
            let minted = keyRing.mint(.managementKey)
            let key = ManagementKey(
                id: ManagementKeyID(digits: minted.idDigits), name: name, hash: minted.hash, role: role,
                project: project, createdAt: context.now)
            try await store.createManagementKey(key, by: context)
            noteKey(key.hash)
            return (key, minted.text)
        }
    }

    /// Refuses (409) the last key with the role `admin` for all projects that is not revoked: without one
    /// nobody makes another again.
    package func revokeManagementKey(
        _ id: ManagementKeyID, by context: ChangeContext
    ) async throws -> ManagementKey {
        try await changes.run(context) { [self] context in
            guard let key = try await store.managementKey(id) else { throw Problem.noSuch(.managementKey) }
            if key.isUnlimited, try await !hasOtherUnlimitedKey(than: id) {
                throw Problem.conflict(
                    "It is the last management key with the role admin for all projects: make another first")
            }
            return try await store.revokeManagementKey(id, by: context)
        }
    }

    private func hasOtherUnlimitedKey(than id: ManagementKeyID) async throws -> Bool {
        var cursor: ManagementKeyID?
        while true {
            let page = try await store.listManagementKeys(
                after: cursor.map { ListPlace($0) }, limit: 500)
            if page.items.contains(where: { $0.id != id && $0.isUnlimited }) { return true }
            guard page.hasMore, let last = page.items.last else { return false }
            cursor = last.id
        }
    }
}

extension Label {
    /// What an upstream credential is called that was given without a name.
    static var upstreamKey: Label {
        guard let label = Label("upstream key") else { preconditionFailure("the literal keeps the rule") }
        return label
    }
}

/// What `serve --dev` needs: things by name, and the last start's put away.
extension ControlPlane {
    package func findProject(named name: ProjectName) async throws -> Project? {
        try await store.project(named: name)
    }

    package func revokeAccessTokens(of project: ProjectID, named name: Label, by context: ChangeContext)
        async throws
    {
        var cursor: AccessTokenID?
        while true {
            let page = try await store.listAccessTokens(of: project, after: cursor, limit: 500)
            for accessToken in page.items where accessToken.name == name && accessToken.revokedAt == nil {
                _ = try await revokeAccessToken(accessToken.id, by: context)
            }
            guard page.hasMore, let last = page.items.last else { return }
            cursor = last.id
        }
    }

    package func revokeManagementKeys(
        named name: Label, except kept: ManagementKeyID, by context: ChangeContext
    ) async throws {
        var cursor: ManagementKeyID?
        while true {
            let page = try await store.listManagementKeys(
                after: cursor.map { ListPlace($0) }, limit: 500)
            for key in page.items where key.name == name && key.id != kept && key.revokedAt == nil {
                _ = try await revokeManagementKey(key.id, by: context)
            }
            guard page.hasMore, let last = page.items.last else { return }
            cursor = last.id
        }
    }
}

extension UpstreamKey {
    /// nil where there is none.
    fileprivate init?(_ credential: UpstreamCredential?, _ key: Secret?) {
        guard let credential, let key else { return nil }
        self.init(credential.id, key)
    }
}
