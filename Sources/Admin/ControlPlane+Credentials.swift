package import Domain
import Gateway
package import Storage
package import Vault

/// The keys of a project's upstream: one is active, and those before it can be switched back to.
extension ControlPlane {
    /// Without those whose time is over, which are removed by the way.
    package func credentials(of project: ProjectID) async throws -> [UpstreamCredential] {
        try await changes.run { [self] in
            let now = now()
            try await store.removeOverdueCredentials(at: now)
            return try await store.credentials(of: project, at: now)
        }
    }

    /// From the next request on the key is the active one; what is under way ends with the one it began with.
    /// That is kept for the overlap, in seconds; nil is until it is removed.
    package func rotateCredential(
        _ key: Secret, named name: Label, of project: ProjectID, overlap: Int64?, by context: ChangeContext
    ) async throws -> UpstreamCredential {
        try await changes.run(context) { [self] context in
            guard let project = try await store.project(project) else { throw Problem.noSuch(.project) }
            try await store.removeOverdueCredentials(at: context.now)
            let credential = seal(key, named: name, for: project, at: context.now)
            try await store.rotateCredential(
                to: credential, overlap: overlap.map { $0 * 1000 }, by: context)
            await access.put(project, key: UpstreamKey(credential.id, key))
            return credential
        }
    }

    /// Switches back, or on, to one that is kept.
    package func activateCredential(
        _ id: CredentialID, of project: ProjectID, overlap: Int64?, by context: ChangeContext
    ) async throws -> UpstreamCredential {
        try await changes.run(context) { [self] context in
            guard let project = try await store.project(project) else { throw Problem.noSuch(.project) }
            try await store.removeOverdueCredentials(at: context.now)
            guard
                let kept = try await store.credentials(of: project.id, at: context.now).first(where: {
                    $0.id == id
                })
            else { throw Problem.noSuch(.credential) }
            // Before anything changes: a key that cannot be opened is none.
            let key = try keyRing.open(kept)
            let credential = try await store.activateCredential(
                id, of: project.id, overlap: overlap.map { $0 * 1000 }, by: context)
            await access.put(project, key: UpstreamKey(credential.id, key))
            return credential
        }
    }

    package func removeCredential(
        _ id: CredentialID, of project: ProjectID, by context: ChangeContext
    ) async throws -> UpstreamCredential {
        try await changes.run(context) { [self] context in
            try await store.removeCredential(id, of: project, by: context)
        }
    }
}
