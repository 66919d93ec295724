import Domain
import Foundation
import Storage
import Testing
import Vault

@testable import App

/// The way back from a lost management key.
@Suite struct LostKeyTests {
    private let now = Timestamp(seconds: 1_800_000_000)

    @Test func `a management key is made without a server, and audited as the console's`() async throws {
        let place = InstallationTests.Place()
        let installation = try place.installation()
        let name = try #require(Label("recovered"))
        await #expect(throws: InstallationError.self) {
            _ = try await installation.createManagementKey(name: name, role: .admin, project: nil, at: now)
        }
        #expect(!FileManager.default.fileExists(atPath: place.folder))
        _ = try await installation.initialise(at: now)
        let made = try await installation.createManagementKey(
            name: name, role: .admin, project: nil, at: now)
        let unknown = await #expect(throws: InstallationError.self) {
            _ = try await installation.createManagementKey(name: name, role: .read, project: "acme", at: now)
        }
        #expect(unknown?.message == "there is no project 'acme'")

        let opened = try await installation.open()
        let found = try await opened.store.managementKey(hash: opened.keyRing.hash(made.text))
        #expect(found == made.key && found?.isUnlimited == true)
        let event = try #require(try await opened.store.auditEvents(limit: 10).last?.event)
        #expect(event.principal == .console && event.action == .managementKeyCreated)
        #expect(event.subject == made.key.id.rawValue)
        #expect(try await opened.store.listManagementKeys(limit: 10).items.count == 2)
        let held = await #expect(throws: InstallationError.self) {
            _ = try await installation.createManagementKey(name: name, role: .admin, project: nil, at: now)
        }
        #expect(held?.isInUse == true)
    }
}
