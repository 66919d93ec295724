import Domain
import Foundation
import Testing

@testable import Storage

@Suite struct FileWatchTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    private func move(_ file: StoreFile, from: String = "", to: String) throws {
        let path = file.path(in: fixture.folder)
        try FileManager.default.moveItem(atPath: path + from, toPath: path + to)
    }

    @Test(arguments: [StoreFile.folder, .lock, .database, .log, .journal], [false, true])
    func `a change that would be lost is refused, until what was there is back`(
        _ file: StoreFile, isReplaced: Bool
    ) async throws {
        let store = try await fixture.create()
        try Data("slots".utf8).write(to: URL(filePath: StoreFile.journal.path(in: fixture.folder)))
        try store.watchJournal()
        let before = try fixture.project("before")
        try await store.createProject(before, by: .console(at: fixture.now))

        try move(file, to: ".aside")
        let path = file.path(in: fixture.folder)
        if isReplaced { try FileManager.default.copyItem(atPath: path + ".aside", toPath: path) }
        let error = StoreError.replaced(file)
        let lost = try fixture.project("lost")
        await #expect(throws: error) { try await store.createProject(lost, by: .console(at: fixture.now)) }
        #expect(store.condition == .failing(error))
        await #expect(throws: error) { try await store.ping() }
        #expect(throws: error) { try store.checkFiles() }
        await #expect(throws: error) {
            _ = try await store.makeBackup(sealedBy: Fixture.auditHash, by: .console(at: fixture.now))
        }
        await #expect(throws: error) { _ = try await store.project(before.id) }

        if isReplaced { try FileManager.default.removeItem(atPath: path) }
        try move(file, from: ".aside", to: "")
        try await store.ping()
        #expect(store.condition == .writable)
        #expect(try await store.project(before.id) == before)
        #expect(try await store.project(lost.id) == nil)
        try await store.createProject(lost, by: .console(at: fixture.now))
        #expect(try await store.project(lost.id) == lost)
        #expect(
            try await store.auditEvents(limit: 10).map(\.event.action) == [
                .storeInitialised, .projectCreated, .projectCreated,
            ])
    }

    @Test func `a journal that is not there is not watched`() async throws {
        let store = try await fixture.create()
        #expect(throws: StoreError.replaced(.journal)) { try store.watchJournal() }
        try store.checkFiles()
    }
}
