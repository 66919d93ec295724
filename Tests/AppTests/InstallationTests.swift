import Domain
import Foundation
import Storage
import Testing
import Vault

@testable import App

@Suite struct InstallationTests {
    /// A folder of this test's own, which does not exist yet.
    final class Place {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("latchkey-\(UUID())").path
        var folder: String { root + "/deep/data" }
        deinit { try? FileManager.default.removeItem(atPath: root) }

        func installation(_ more: [String: String] = [:]) throws -> Installation {
            let environment = more.merging(["LATCHKEY_DATA_DIR": folder]) { $1 }
            return Installation(try Settings(from: SettingsSource(environment: environment)))
        }

        func mode(_ name: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: folder + name)[.posixPermissions] as? Int
        }
    }

    let now = Timestamp(seconds: 1_800_000_000)

    @Test func `it makes a closed folder, a master key and a management key that can be opened again`()
        async throws
    {
        let place = Place()
        let installation = try place.installation()
        #expect(try !installation.exists)
        let key = try await installation.initialise(at: now)
        #expect(try installation.exists)
        #expect(try place.mode("") == 0o700)
        #expect(try place.mode("/master.key") == 0o600)
        let text = try #require(key.text)
        let opened = try await installation.open()
        let found = try await opened.store.managementKey(hash: opened.keyRing.hash(text))
        #expect(found?.id == key.id)
        #expect(found?.name.rawValue == "first")
    }

    @Test func `a second time is refused and changes nothing`() async throws {
        let place = Place()
        let installation = try place.installation()
        _ = try await installation.initialise(at: now)
        let master = try Data(contentsOf: URL(fileURLWithPath: place.folder + "/master.key"))
        let error = await #expect(throws: InstallationError.self) {
            _ = try await installation.initialise(at: now)
        }
        #expect(error?.message == "the data folder \(place.folder) is initialised already")
        #expect(try Data(contentsOf: URL(fileURLWithPath: place.folder + "/master.key")) == master)
        #expect(try await installation.open().store.listManagementKeys(limit: 10).items.count == 1)
    }

    @Test func `a management key that was brought is taken and not shown`() async throws {
        let place = Place()
        let brought = "a-key-of-the-operator's-own-choice"
        let installation = try place.installation(["LATCHKEY_ADMIN_KEY": brought])
        let key = try await installation.initialise(at: now)
        #expect(key.text == nil)
        let opened = try await installation.open()
        let hash = opened.keyRing.hash(Secret(utf8: brought))
        #expect(try await opened.store.managementKey(hash: hash)?.id == key.id)
    }

    @Test func `an attempt that was cut off behind the master key can be repeated with it`() async throws {
        let place = Place()
        let installation = try place.installation()
        try FileManager.default.createDirectory(atPath: place.folder, withIntermediateDirectories: true)
        _ = try MasterKeyFile(path: place.folder + "/master.key").create()
        let master = try Data(contentsOf: URL(fileURLWithPath: place.folder + "/master.key"))
        _ = try await installation.initialise(at: now)
        #expect(try Data(contentsOf: URL(fileURLWithPath: place.folder + "/master.key")) == master)
        _ = try await installation.open()
    }

    @Test func `what is missing or wrong is told, and what to do`() async throws {
        let place = Place()
        let installation = try place.installation()
        func message(_ installation: Installation) async -> String? {
            let error = await #expect(throws: InstallationError.self) { _ = try await installation.open() }
            #expect(error?.hint?.isEmpty == false)
            return error?.message
        }
        #expect(await message(installation) == "the data folder \(place.folder) is not initialised")
        _ = try await installation.initialise(at: now)
        let other = try place.installation(["LATCHKEY_MASTER_KEY": String(repeating: "0", count: 64)])
        #expect(await message(other) == "the master key is not that of this data folder")
        #expect(chmod(place.folder + "/master.key", 0o644) == 0)
        #expect(await message(installation)?.contains("is accessible to other users (mode 644)") == true)
        #expect(unlink(place.folder + "/master.key") == 0)
        #expect(await message(installation)?.hasPrefix("there is no master key file") == true)
    }

    @Test func `a folder that a server has open is told from one that is broken`() async throws {
        let place = Place()
        let installation = try place.installation()
        #expect(await installation.inspect().contains { $0.failure != nil })
        _ = try await installation.initialise(at: now)
        #expect(await installation.inspect().allSatisfy { $0.failure == nil })
        let opened = try await installation.open()
        let checks = await installation.inspect()
        #expect(checks.allSatisfy { $0.failure == nil })
        #expect(checks.map(\.name).contains("store: in use by a server"))
        try opened.store.close()
        #expect(chmod(place.folder, 0o755) == 0)
        #expect(await installation.inspect().contains { $0.failure?.message.contains("mode 755") == true })
    }

    @Test func `a folder or a file of it that others may use is not opened`() async throws {
        let place = Place()
        let installation = try place.installation()
        _ = try await installation.initialise(at: now)
        for (file, mode, closed) in [
            (StoreFile.folder, 0o750, 0o700), (.database, 0o660, 0o600), (.lock, 0o604, 0o600),
        ] as [(StoreFile, mode_t, mode_t)] {
            let path = file.path(in: place.folder)
            #expect(chmod(path, mode) == 0)
            let error = await #expect(throws: InstallationError.self) { _ = try await installation.open() }
            #expect(error?.message.hasSuffix("(mode \(String(mode, radix: 8)))") == true)
            #expect(error?.hint == "run: chmod \(String(closed, radix: 8)) \(path)")
            #expect(chmod(path, closed) == 0)
        }
        _ = try await installation.open()
    }
}
