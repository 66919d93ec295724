import Domain
import Foundation
import Storage
import Testing
import Vault

@testable import App

/// Wherever a rotation of the master key is cut off, the next start has every secret.
@Suite struct RotationTests {
    /// A rotation's steps, in their order.
    private enum Step: CaseIterable { case nothing, halfWritten, written, committed, renamed }

    @Test(arguments: Step.allCases)
    private func `a rotation that was cut off is finished or forgotten`(behind step: Step) async throws {
        let place = InstallationTests.Place()
        let installation = try place.installation()
        let now = Timestamp(seconds: 1_800_000_000)
        _ = try await installation.initialise(at: now)
        let file = MasterKeyFile(path: place.folder + "/master.key")
        let row = SealedRow(table: "upstream_credentials", id: "cred_000000000001", version: 1)
        let sealed: [UInt8]
        do {
            let opened = try await installation.open()
            sealed = opened.keyRing.seal(Secret(utf8: "sk-up"), for: row)
            try await rotate(opened, file, upTo: step, at: now)
            try opened.store.close()
        }
        for _ in 0..<2 {
            let opened = try await installation.open()
            let secret = try opened.keyRing.open(sealed, for: row)
            #expect(secret.withUnsafeBytes { Array($0) } == Array("sk-up".utf8))
            #expect(!FileManager.default.fileExists(atPath: file.next.path))
            #expect(try await opened.store.verifyAudit().firstBad == nil)
            try opened.store.close()
        }
    }

    private func rotate(
        _ opened: Installation.Opened, _ file: MasterKeyFile, upTo step: Step, at now: Timestamp
    ) async throws {
        guard step != .nothing else { return }
        guard step != .halfWritten else {
            return try Data("0123".utf8).write(to: URL(fileURLWithPath: file.next.path))
        }
        let next = try file.createNext()
        guard step != .written else { return }
        let old = try await opened.store.sealedKeys()
        try await opened.store.replaceSealedKeys(
            old,
            with: opened.keyRing.rewrapped(
                under: next, replacing: old, at: try await opened.store.auditHead()),
            by: .console(at: now))
        guard step != .committed else { return }
        try file.commitNext()
    }

    @Test func `a master key that opens nothing is still refused`() async throws {
        let place = InstallationTests.Place()
        let installation = try place.installation()
        _ = try await installation.initialise(at: Timestamp(seconds: 1_800_000_000))
        let file = MasterKeyFile(path: place.folder + "/master.key")
        try FileManager.default.removeItem(atPath: file.path)
        _ = try file.create()
        _ = try file.createNext()
        let error = await #expect(throws: InstallationError.self) { _ = try await installation.open() }
        #expect(error?.message == "the master key is not that of this data folder")
        #expect(
            FileManager.default.fileExists(atPath: file.path)
                && FileManager.default.fileExists(atPath: file.next.path))
    }
}
