package import Domain
import Storage
package import Vault

/// The way back from a lost management key: offline, for whoever may use the data folder may do everything.
extension Installation {
    /// Makes a management key in the folder, on which no server runs: the folder is held meanwhile, so the
    /// error ``InstallationError/isInUse`` tells of one that does. The principal is the console. The text is
    /// in the answer, and nowhere else.
    ///
    /// - Parameter project: an id or a name; nil is all of them.
    package func createManagementKey(
        name: Label, role: Role, project: String?, at now: Timestamp
    ) async throws(InstallationError) -> (key: ManagementKey, text: Secret) {
        let opened = try await open()
        var reached: ProjectID?
        if let project {
            guard let found = try await find(project, in: opened.store) else { throw .noProject(project) }
            reached = found.id
        }
        let minted = opened.keyRing.mint(.managementKey)
        let key = ManagementKey(
            id: ManagementKeyID(digits: minted.idDigits), name: name, hash: minted.hash, role: role,
            project: reached, createdAt: now)
        do {
            try await opened.store.createManagementKey(key, by: .console(at: now))
            try opened.store.close()
        } catch {
            throw .store(error, folder: settings.dataFolder)
        }
        return (key, minted.text)
    }

    private func find(_ project: String, in store: Store) async throws(InstallationError) -> Project? {
        do {
            if let id = ProjectID(project) { return try await store.project(id) }
            guard let name = ProjectName(project) else { return nil }
            return try await store.project(named: name)
        } catch {
            throw .store(error, folder: settings.dataFolder)
        }
    }
}
