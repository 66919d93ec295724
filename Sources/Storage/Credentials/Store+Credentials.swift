package import Domain
import GRDB

/// The upstream credentials of a project: one active, and those before it as long as they are kept.
extension Store {
    /// Of one project, the retired ones among them too: more than anybody needs at once.
    package static let maximumCredentials = 16

    /// Makes the credential the active one. The one before is retired and kept for `overlap` milliseconds;
    /// nil is until it is removed. Throws `notFound` or `archived` for the project, and `tooMany`.
    package func rotateCredential(
        to credential: UpstreamCredential, overlap: Int64?, by context: ChangeContext
    ) async throws(StoreError) {
        try await database.change(by: context) { database in
            try Self.requireOpen(credential.project, in: database)
            let kept = try Self.credentials(of: credential.project, at: context.now, in: database)
            guard kept.count < Self.maximumCredentials else { throw StoreError.tooMany }
            let retired = try Self.retireActive(
                of: credential.project, for: overlap, at: context.now, in: database)
            try credential.insert(in: database)
            return .made(
                (),
                AuditEvent(
                    principal: context.principal, action: .credentialRotated,
                    subject: credential.project.rawValue,
                    details: [
                        AuditEvent.Detail("credential", credential.id.rawValue),
                        AuditEvent.Detail("name", credential.name.rawValue),
                    ] + retired))
        }
    }

    /// Makes a retired credential the active one again, and retires the active one in its place, as
    /// ``rotateCredential(to:overlap:by:)`` does. Throws `notFound`, `archived`, and `otherUpstream` where
    /// the project's upstream is another server than the credential was given for. The active one stays so,
    /// and that leaves no event.
    package func activateCredential(
        _ id: CredentialID, of project: ProjectID, overlap: Int64?, by context: ChangeContext
    ) async throws(StoreError) -> UpstreamCredential {
        try await database.change(by: context) { database in
            try Self.requireOpen(project, in: database)
            guard
                var credential = try Self.credentials(of: project, at: context.now, in: database).first(
                    where: {
                        $0.id == id
                    })
            else { throw StoreError.notFound }
            guard credential.retiredAt != nil else { return .unchanged(credential) }
            guard let upstream = try Self.project(project, in: database)?.upstream,
                credential.mayServe(upstream)
            else { throw StoreError.otherUpstream }
            let retired = try Self.retireActive(of: project, for: overlap, at: context.now, in: database)
            credential.retiredAt = nil
            credential.keptUntil = nil
            try credential.update(.retiredAt, .keptUntil, in: database)
            return .made(
                credential,
                AuditEvent(
                    principal: context.principal, action: .credentialActivated, subject: project.rawValue,
                    details: [AuditEvent.Detail("credential", id.rawValue)] + retired))
        }
    }

    /// Forgets a retired credential, its sealed key too. Throws `notFound`, and `active` for the active one.
    package func removeCredential(
        _ id: CredentialID, of project: ProjectID, by context: ChangeContext
    ) async throws(StoreError) -> UpstreamCredential {
        try await database.change(by: context) { database in
            guard
                let credential = try Self.credentials(of: project, at: context.now, in: database).first(
                    where: {
                        $0.id == id
                    })
            else { throw StoreError.notFound }
            try context.ifMatch?.require(.credential(credential))
            guard credential.retiredAt != nil else { throw StoreError.active }
            return .made(credential, try Self.remove(credential, by: context.principal, in: database))
        }
    }

    /// Forgets those of all projects whose time is over, so many in one transaction.
    package func removeOverdueCredentials(at now: Timestamp) async throws(StoreError) {
        var removed = 0
        repeat {
            removed = try await database.change(by: .system(at: now)) { database in
                let overdue = try UpstreamCredential.all(
                    "WHERE kept_until <= ? LIMIT ?", [now.milliseconds, Self.overdueAtOnce], in: database)
                guard !overdue.isEmpty else { return .unchanged(0) }
                let events = try overdue.map { try Self.remove($0, by: .system, in: database) }
                return .made(overdue.count, events)
            }
        } while removed == Self.overdueAtOnce
    }

    private static let overdueAtOnce = 100

    /// Every one that is kept, of all projects, the retired ones too, also where their time is over.
    package func allCredentials() async throws(StoreError) -> [UpstreamCredential] {
        try await database.read { database in
            try UpstreamCredential.all("ORDER BY project, created_at, id", in: database)
        }
    }

    /// The active one first, then the newest; without those whose time is over.
    package func credentials(
        of project: ProjectID, at now: Timestamp
    ) async throws(StoreError) -> [UpstreamCredential] {
        try await database.read { try Self.credentials(of: project, at: now, in: $0) }
    }

    private static func credentials(
        of project: ProjectID, at now: Timestamp, in database: Database
    ) throws -> [UpstreamCredential] {
        try UpstreamCredential.all(
            """
            WHERE project = ? AND (kept_until IS NULL OR kept_until > ?)
            ORDER BY CASE WHEN retired_at IS NULL THEN 0 ELSE 1 END, created_at DESC, id DESC
            """, [project.rawValue, now.milliseconds], in: database)
    }

    /// What an audit event says of it; nothing where there is none.
    private static func retireActive(
        of project: ProjectID, for overlap: Int64?, at now: Timestamp, in database: Database
    ) throws -> [AuditEvent.Detail] {
        guard
            var credential = try UpstreamCredential.first(
                "WHERE project = ? AND retired_at IS NULL", [project.rawValue], in: database)
        else { return [] }
        credential.retiredAt = now
        credential.keptUntil = overlap.map { now.adding(milliseconds: $0) }
        try credential.update(.retiredAt, .keptUntil, in: database)
        let kept =
            credential.keptUntil.map { [AuditEvent.Detail("kept_until", String($0.milliseconds))] } ?? []
        return [AuditEvent.Detail("retired", credential.id.rawValue)] + kept
    }

    private static func remove(
        _ credential: UpstreamCredential, by principal: Principal, in database: Database
    ) throws -> AuditEvent {
        try credential.delete(in: database)
        return AuditEvent(
            principal: principal, action: .credentialRemoved, subject: credential.project.rawValue,
            details: [
                AuditEvent.Detail("credential", credential.id.rawValue),
                AuditEvent.Detail("name", credential.name.rawValue),
            ])
    }
}
