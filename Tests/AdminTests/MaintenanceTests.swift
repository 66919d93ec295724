import Domain
import Foundation
import HTTPTypes
import Storage
import Testing
import Vault

@testable import Admin

@Suite struct MaintenanceTests {
    /// A folder for a master key, gone with the test.
    private final class Place {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("key-\(UUID())").path
        var file: MasterKeyFile { MasterKeyFile(path: path + "/master.key") }
        init() throws {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    @Test func `a rotation replaces the file, and only the new key opens the vault`() async throws {
        let place = try Place()
        let fixture = try await AdminFixture(masterKeyFile: place.file)
        let old = try place.file.read()
        #expect(try await fixture.send(.post, "/manage/master-key/rotate").status == 204)
        let sealed = try await fixture.store.sealedKeys()
        let new = try place.file.read()
        #expect(throws: VaultError.masterKeyWrong) { try KeyRing(masterKey: old, sealed: sealed) }
        #expect(try KeyRing(masterKey: new, sealed: sealed).auditHash([1]) == fixture.keyRing.auditHash([1]))
        #expect(!FileManager.default.fileExists(atPath: place.file.next.path))
        #expect(try await fixture.send(.post, "/manage/master-key/rotate").status == 204)
        #expect(try await fixture.store.sealedKeys().map(\.version) == [3, 3])
    }

    @Test func `what an earlier rotation left does not stand in the way`() async throws {
        let place = try Place()
        let fixture = try await AdminFixture(masterKeyFile: place.file)
        try Data("half".utf8).write(to: URL(fileURLWithPath: place.file.next.path))
        #expect(try await fixture.send(.post, "/manage/master-key/rotate").status == 204)
        #expect(!FileManager.default.fileExists(atPath: place.file.next.path))
    }

    @Test func `a key to come that counts already is never thrown away`() async throws {
        let place = try Place()
        let fixture = try await AdminFixture(masterKeyFile: place.file)
        let next = try place.file.createNext()
        let old = try await fixture.store.sealedKeys()
        try await fixture.store.replaceSealedKeys(
            old,
            with: fixture.keyRing.rewrapped(
                under: next, replacing: old, at: try await fixture.store.auditHead()),
            by: .console(at: Timestamp(seconds: 1)))
        #expect(try await fixture.send(.post, "/manage/master-key/rotate").status == 409)
        let sealed = try await fixture.store.sealedKeys()
        #expect(throws: Never.self) { _ = try KeyRing(masterKey: place.file.next.read(), sealed: sealed) }
    }

    @Test func `a file that the server may not replace is left as it is`() async throws {
        let place = try Place()
        let fixture = try await AdminFixture(masterKeyFile: place.file)
        let elsewhere = place.path + "/elsewhere"
        try FileManager.default.moveItem(atPath: place.file.path, toPath: elsewhere)
        #expect(try await fixture.send(.post, "/manage/master-key/rotate").status == 409)
        try FileManager.default.createSymbolicLink(
            atPath: place.file.path, withDestinationPath: elsewhere)
        let linked = try await fixture.send(.post, "/manage/master-key/rotate")
        #expect(linked.status == 409)
        #expect(try linked.problem().detail.contains("a link"))
        #expect(try await fixture.store.sealedKeys().map(\.version) == [1, 1])
        let held = try await AdminFixture()
        #expect(
            try await held.send(.post, "/manage/master-key/rotate").problem().detail
                .contains("LATCHKEY_MASTER_KEY"))
    }

    @Test func `backups are made, listed, fetched whole and deleted, each told in the audit`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let made = try await fixture.send(.post, "/manage/backups")
        #expect(made.status == 201)
        let backup = try made.decoded(BackupResource.self)
        let list = try await fixture.send(.get, "/manage/backups").decoded(
            PageResource<BackupResource>.self)
        #expect(list.items.map(\.name) == [backup.name])
        let bytes = try await fixture.send(.get, "/manage/backups/\(backup.name)").body
        #expect(Int64(bytes.count) == backup.bytes)
        #expect(bytes.starts(with: Data("SQLite format 3".utf8)))
        #expect(try await fixture.send(.delete, "/manage/backups/\(backup.name)").status == 204)
        #expect(try await fixture.send(.delete, "/manage/backups/\(backup.name)").status == 404)
        #expect(try await fixture.send(.get, "/manage/backups/\(backup.name)").status == 404)
        let actions = try await fixture.store.auditEvents(after: 3, limit: 10).map(\.event.action)
        #expect(actions == [.backupCreated, .backupDeleted])
    }
}
