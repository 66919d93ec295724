import Domain
import Foundation
import GRDB
import Storage
import Testing

@testable import App
@testable import Vault

/// Somebody writes the database, or a backup of it, without the master key: no key is sent elsewhere, no
/// history begins anew, and no changed backup is put back as sound.
@Suite struct TamperingTests {
    private let place = InstallationTests.Place()
    private let now = Timestamp(seconds: 1_800_000_000)
    private let acme = ProjectID(unchecked: "proj_aaaaaaaaaaaa")
    private let other = ProjectID(unchecked: "proj_bbbbbbbbbbbb")

    private var database: String { place.folder + "/latchkey.db" }
    private var backup: String { place.root + "/backup.db" }

    private func tamper(_ statements: String..., at path: String? = nil) throws {
        let queue = try DatabaseQueue(path: path ?? database)
        try queue.writeWithoutTransaction { database in
            for statement in statements { try database.execute(sql: statement) }
        }
        try queue.close()
    }

    private func project(_ id: ProjectID, _ name: String, at upstream: String) throws -> Project {
        Project(
            id: id, name: try #require(ProjectName(name)), upstream: try UpstreamURL(parsing: upstream),
            state: .active, createdAt: now, updatedAt: now)
    }

    private func credential(of project: Project, _ digits: String) throws -> UpstreamCredential {
        var credential = UpstreamCredential(
            id: CredentialID(digits: Array(digits.utf8)), project: project.id,
            name: try #require(Label("upstream key")), sealed: [], createdAt: now)
        credential.upstream = project.upstream
        return credential
    }

    /// Two projects with a key each, at two servers.
    private func fill(_ store: Store, _ keyRing: KeyRing) async throws {
        for (id, name, digits) in [(acme, "acme", "000000000001"), (other, "other", "000000000002")] {
            let project = try project(id, name, at: "https://\(name).example/v1")
            let key = keyRing.seal(Secret(utf8: "sk-\(name)"), as: try credential(of: project, digits))
            try await store.createProject(project, credential: key, by: .console(at: now))
        }
    }

    private func filled() async throws -> Installation {
        let installation = try place.installation()
        _ = try await installation.initialise(at: now)
        let opened = try await installation.open()
        try await fill(opened.store, opened.keyRing)
        try opened.store.close()
        return installation
    }

    /// The keys with which the data path begins, by the names of their projects; and whose cannot be used.
    private func keys(_ installation: Installation) async throws -> (
        usable: [String: String], unusable: [String]
    ) {
        let opened = try await installation.open()
        let access = try await opened.access(at: now, folder: place.folder)
        try opened.store.close()
        var usable: [String: String] = [:]
        for (project, key) in access.projects {
            usable[project.name.rawValue] = key?.secret.withUnsafeBytes {
                String(decoding: $0, as: UTF8.self)
            }
        }
        return (usable, access.unusable.map(\.0.name.rawValue))
    }

    // MARK: - Upstream keys

    @Test(arguments: [
        ["UPDATE projects SET upstream = 'https://evil.example/v1' WHERE name = 'acme'"],
        ["UPDATE projects SET upstream = 'http://acme.example/v1' WHERE name = 'acme'"],
        ["UPDATE projects SET upstream = 'https://acme.example:8443/v1' WHERE name = 'acme'"],
        [
            "UPDATE projects SET upstream = 'https://evil.example/v1' WHERE name = 'acme'",
            "UPDATE upstream_credentials SET upstream = 'https://evil.example/v1' WHERE project = "
                + "'proj_aaaaaaaaaaaa'",
        ],
        ["UPDATE upstream_credentials SET version = 2 WHERE project = 'proj_aaaaaaaaaaaa'"],
        [
            "DELETE FROM upstream_credentials WHERE project = 'proj_aaaaaaaaaaaa'",
            "UPDATE projects SET upstream = 'https://other.example/v1' WHERE name = 'acme'",
            """
            INSERT INTO upstream_credentials (id, project, name, version, sealed, created_at, upstream)
            SELECT 'cred_000000000003', 'proj_aaaaaaaaaaaa', name, version, sealed, created_at, upstream
            FROM upstream_credentials
            """,
        ],
        [
            "DELETE FROM upstream_credentials WHERE project = 'proj_aaaaaaaaaaaa'",
            "UPDATE projects SET upstream = 'https://other.example/v1' WHERE name = 'acme'",
            "UPDATE upstream_credentials SET project = 'proj_aaaaaaaaaaaa'",
        ],
    ])
    func `a key is sent to no other server and for no other project, and the start goes on`(
        statements: [String]
    ) async throws {
        let installation = try await filled()
        #expect(try await keys(installation) == (["acme": "sk-acme", "other": "sk-other"], []))
        #expect(await installation.inspect().allSatisfy { $0.failure == nil })
        for statement in statements { try tamper(statement) }

        let found = try await keys(installation)

        #expect(found.usable["acme"] == nil)
        #expect(found.unusable == ["acme"])
        if !statements.contains(where: {
            $0 == "UPDATE upstream_credentials SET project = 'proj_aaaaaaaaaaaa'"
        }) {
            #expect(found.usable["other"] == "sk-other")
        }
        let failures = await installation.inspect().filter { $0.failure != nil }
        #expect(failures.map(\.name) == ["store: upstream keys open"])
        #expect(failures.first?.failure?.message.contains("project acme") == true)
    }

    @Test func `another path at the same server keeps the key`() async throws {
        let installation = try await filled()
        try tamper("UPDATE projects SET upstream = 'https://acme.example/other' WHERE name = 'acme'")
        #expect(try await keys(installation) == (["acme": "sk-acme", "other": "sk-other"], []))
    }

    // MARK: - The audit

    @Test(arguments: ["UPDATE audit_events SET hash = NULL", "DELETE FROM audit_events"])
    func `no chain is begun anew`(statement: String) async throws {
        let installation = try await filled()
        try tamper(statement)
        let error = await #expect(throws: InstallationError.self) { _ = try await installation.open() }
        #expect(error?.message.contains("tampered with") == true && error?.hint != nil)
        let failures = await installation.inspect().filter { $0.failure != nil }
        #expect(failures.map(\.name) == ["store: audit is whole"])
    }

    @Test func `what a rotation of the master key sealed is not cut off`() async throws {
        let installation = try await filled()
        let masterKey = try installation.masterKey(creating: false)
        let head: AuditHead
        do {
            let opened = try await installation.open()
            let old = try await opened.store.sealedKeys()
            head = try await opened.store.auditHead()
            try await opened.store.replaceSealedKeys(
                old, with: opened.keyRing.rewrapped(under: masterKey, replacing: old, at: head),
                by: .console(at: now))
            try opened.store.close()
        }
        // No key tells of the events behind it.
        try tamper("DELETE FROM audit_events WHERE seq > \(head.sequence)")
        do { try await installation.open().store.close() }
        try tamper("DELETE FROM audit_events WHERE seq = \(head.sequence)")
        await #expect(throws: InstallationError.self) { _ = try await installation.open() }
        let failures = await installation.inspect().filter { $0.failure != nil }
        #expect(failures.first?.failure?.message.contains("up to the given head are missing") == true)
    }

    // MARK: - Backups

    private func makeBackup(_ installation: Installation) async throws {
        let opened = try await installation.open()
        let (file, _) = try await opened.store.makeBackup(
            sealedBy: opened.keyRing.backupHash, by: .console(at: now))
        try opened.store.close()
        try FileManager.default.moveItem(atPath: place.folder + "/backups/" + file.name, toPath: backup)
    }

    private func restore(
        _ installation: Installation, unverified: Bool = false
    ) async throws(RestoreError) -> Installation.Restored {
        try await installation.restore(backup, replacing: true, unverified: unverified, at: now)
    }

    @Test func `a backup is a sound database and is put back`() async throws {
        let installation = try await filled()
        try await makeBackup(installation)
        let queue = try DatabaseQueue(path: backup)
        #expect(try await queue.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok")
        try queue.close()
        let restored = try await restore(installation)
        #expect(restored.isAsMade)
        #expect(try await keys(installation).unusable == [])
        let opened = try await installation.open()
        let last = try #require(try await opened.store.auditEvents(limit: 100).last)
        #expect(last.event.action == .storeRestored)
        #expect(last.event.details.last == AuditEvent.Detail("backup", "sound"))
    }

    @Test(arguments: [
        "UPDATE projects SET upstream = 'https://evil.example/v1'", "UPDATE projects SET state = 'archived'",
        "DELETE FROM management_keys",
    ])
    func `a backup that somebody wrote to is refused`(statement: String) async throws {
        let installation = try await filled()
        try await makeBackup(installation)
        try tamper(statement, at: backup)
        await #expect(throws: RestoreError.self) { _ = try await restore(installation) }
        // It is what it was.
        #expect(try await keys(installation) == (["acme": "sk-acme", "other": "sk-other"], []))
    }

    @Test func `every byte of a backup counts, and its seal is not moved to another`() async throws {
        let installation = try await filled()
        try await makeBackup(installation)
        let whole = try Data(contentsOf: URL(fileURLWithPath: backup))
        func refusal(of bytes: Data) async throws -> BackupCondition? {
            try bytes.write(to: URL(fileURLWithPath: backup))
            do {
                _ = try await restore(installation)
                return nil
            } catch .notAsMade(let condition, _) {
                return condition
            }
        }
        // The counters of a page's free bytes, of SQLite's version, and those of the seal.
        let end = whole.count
        for place in [96, 68, end - 1, end - 32, end - 40, end - 48] {
            var changed = whole
            changed[place] ^= 1
            #expect(try await refusal(of: changed) == .changed, "byte \(place)")
        }
        #expect(try await refusal(of: whole.dropLast(64)) == .unsealed)
        #expect(try await refusal(of: whole.dropLast(64) + [0] + whole.suffix(64)) == .changed)
        var renamed = whole
        renamed[end - 64] ^= 1
        #expect(try await refusal(of: renamed) == .unsealed)
        #expect(try await refusal(of: whole) == nil)
    }

    @Test(arguments: [true, false])
    func `one that nothing vouches for is put back where that is asked for, and the audit says so`(
        isChanged: Bool
    ) async throws {
        let installation = try await filled()
        try await makeBackup(installation)
        let whole = try Data(contentsOf: URL(fileURLWithPath: backup))
        try (isChanged ? whole.dropLast(1) + [~whole[whole.count - 1]] : whole.dropLast(64)).write(
            to: URL(fileURLWithPath: backup))
        let error = await #expect(throws: RestoreError.self) { _ = try await restore(installation) }
        #expect(error?.hint?.contains("--unverified") == true)
        let restored = try await restore(installation, unverified: true)
        #expect(!restored.isAsMade)
        let opened = try await installation.open()
        let last = try #require(try await opened.store.auditEvents(limit: 100).last)
        #expect(last.event.details.last == AuditEvent.Detail("backup", isChanged ? "changed" : "unsealed"))
        #expect(try await opened.store.verifyAudit().firstBad == nil)
    }

    @Test func `a backup whose audit begins anew is not put back`() async throws {
        let installation = try await filled()
        try await makeBackup(installation)
        try tamper("UPDATE audit_events SET hash = NULL", at: backup)
        let error = await #expect(throws: RestoreError.self) {
            _ = try await restore(installation, unverified: true)
        }
        #expect(error?.message.contains("broken at event 1") == true)
    }
}
