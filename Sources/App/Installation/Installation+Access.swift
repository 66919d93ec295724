import Domain
import Storage
import Vault

/// What the data path begins with: who may call, and the upstream key of each project.
extension Installation.Opened {
    struct Access: Sendable {
        let projects: [(Project, key: Secret?)]
        let records: AccessRecords
    }

    /// Opens every upstream key that is in use. Throws `upstreamKey` for the first that cannot be opened.
    ///
    /// - Parameter folder: the data folder, for errors.
    func access(at now: Timestamp, folder: String) async throws(InstallationError) -> Access {
        let records: AccessRecords
        do {
            records = try await store.accessRecords(at: now)
        } catch {
            throw .store(error, folder: folder)
        }
        let sealed = Dictionary(records.credentials.map { ($0.project, $0) }, uniquingKeysWith: { $1 })
        var projects: [(Project, key: Secret?)] = []
        for project in records.projects {
            var key: Secret?
            if let credential = sealed[project.id] {
                do {
                    key = try keyRing.open(credential)
                } catch {
                    throw .upstreamKey(error, project: project.name.rawValue)
                }
            }
            projects.append((project, key: key))
        }
        return Access(projects: projects, records: records)
    }
}

extension KeyRing {
    /// The upstream key that the credential seals.
    func open(_ credential: UpstreamCredential) throws(VaultError) -> Secret {
        try open(
            credential.sealed, for: .upstreamCredential(credential.id.rawValue, version: credential.version))
    }
}
