import Domain
import Storage
import Vault

/// What the data path begins with: who may call, and the upstream key of each project.
extension Installation.Opened {
    struct Access: Sendable {
        let projects: [(Project, key: UpstreamKey?)]
        let records: AccessRecords
        /// The projects whose key cannot be used, one for each: they begin without one, so that none of their
        /// requests is sent.
        let unusable: [(Project, InstallationError)]
    }

    /// Opens every upstream key that is in use.
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
        var projects: [(Project, key: UpstreamKey?)] = []
        var unusable: [(Project, InstallationError)] = []
        for project in records.projects {
            var key: UpstreamKey?
            if let credential = sealed[project.id] {
                do throws(InstallationError) {
                    key = UpstreamKey(credential.id, try keyRing.key(of: credential, for: project))
                } catch {
                    unusable.append((project, error))
                }
            }
            projects.append((project, key: key))
        }
        return Access(projects: projects, records: records, unusable: unusable)
    }
}

extension KeyRing {
    /// The upstream key that the credential seals. Throws `upstreamKey` where it does not open, and
    /// `otherServer` where it was given for another server than the project's upstream is.
    func key(of credential: UpstreamCredential, for project: Project) throws(InstallationError) -> Secret {
        let key: Secret
        do {
            key = try open(credential)
        } catch {
            throw .upstreamKey(error, project: project.name.rawValue)
        }
        guard credential.mayServe(project.upstream) else {
            throw .otherServer(project: project.name.rawValue)
        }
        return key
    }
}
