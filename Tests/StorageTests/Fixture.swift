import Domain
import Foundation
import GRDB
import Storage
import Testing

/// A data folder of its own, gone with the test; and the values that tests put into stores.
final class Fixture: Sendable {
    let folder = FileManager.default.temporaryDirectory.appending(path: "store-\(UUID())").path
    let now = Timestamp(seconds: 1_700_000_000)
    let operatorKey: Principal
    private let counter = Counter()

    init() throws {
        operatorKey = .managementKey(try #require(ManagementKeyID("Operator0001")))
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var databasePath: String { folder + "/latchkey.db" }
    let sealedKeys = [SealedKey(id: "data_key", version: 1, sealed: [1, 2, 3])]

    func create(managementKey: ManagementKey? = nil) async throws -> Store {
        try await Store.create(
            in: folder, sealedKeys: sealedKeys, managementKey: managementKey, auditHash: Self.auditHash,
            by: .console(at: now))
    }

    func open() async throws -> Store {
        let store = try Store.open(folder)
        try await store.beginAudit(Self.auditHash)
        return store
    }

    /// Four FNV-1a sums with starts of their own: enough to tell inputs apart that nobody made to collide.
    static let auditHash: AuditHashing = { bytes in
        let sums = (0..<4).map { (start: UInt64) in
            bytes.reduce(0xcbf2_9ce4_8422_2325 ^ start) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        }
        let hash = sums.flatMap { sum in (0..<8).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) } }
        return AuditHash(bytes: hash) ?? .zero
    }

    /// A second connection, as no process but a test has one.
    func tamper(_ sql: String) throws {
        let queue = try DatabaseQueue(path: databasePath)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    func project(_ name: String = "acme", at moment: Timestamp? = nil) throws -> Project {
        let moment = moment ?? now
        return Project(
            id: ProjectID(digits: counter.nextDigits()), name: try #require(ProjectName(name)),
            upstream: .dummy,
            state: .active, createdAt: moment, updatedAt: moment)
    }

    func credential(of project: Project, sealed: [UInt8] = [9, 9]) throws -> UpstreamCredential {
        UpstreamCredential(
            id: CredentialID(digits: counter.nextDigits()), project: project.id,
            name: try #require(Label("main")),
            sealed: sealed, createdAt: now)
    }

    func accessToken(
        of project: Project, at moment: Timestamp? = nil, expiresAt: Timestamp? = nil
    ) throws -> AccessToken {
        let digits = counter.nextDigits()
        return AccessToken(
            id: AccessTokenID(digits: digits), project: project.id, name: try #require(Label("bob")),
            hash: try #require(CredentialHash(bytes: digits + [UInt8](repeating: 7, count: 20))),
            createdAt: moment ?? now, expiresAt: expiresAt)
    }

    func managementKey() throws -> ManagementKey {
        let digits = counter.nextDigits()
        return ManagementKey(
            id: ManagementKeyID(digits: digits), name: try #require(Label("admin")),
            hash: try #require(CredentialHash(bytes: digits + [UInt8](repeating: 8, count: 20))),
            role: .admin, createdAt: now)
    }
}
