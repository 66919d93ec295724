import Domain
import GRDB
import Storage
import Testing

/// What operators set of prices: versions, and what the audit tells.
struct PricesTests {
    private let files: Fixture
    private let store: Store

    init() async throws {
        files = try Fixture()
        store = try await files.create()
    }

    private func actions() async throws -> [AuditEvent.Action] {
        try await store.auditEvents(limit: 100).map(\.event.action)
    }

    @Test func `the version rises with the shipped list, and not with every start`() async throws {
        #expect(try await store.priceRecords(shipped: 1, at: files.now).version == 1)
        #expect(try await store.priceRecords(shipped: 1, at: files.now).version == 1)
        #expect(try await store.priceRecords(shipped: 2, at: files.now).version == 2)
        #expect(try await actions() == [.storeInitialised, .pricesShipped, .pricesShipped])
    }

    @Test func `each change is a version of its own and is audited with what was set`() async throws {
        let key = files.operatorKey
        let set = try await store.setPrice("{1}", of: "gpt-x", by: ChangeContext(by: key, at: files.now))
        #expect(set.version == 1)
        #expect(set.overrides.map(\.document) == ["{1}"])
        let none = try await store.setPrice(nil, of: "gpt-x", by: ChangeContext(by: key, at: files.now))
        #expect(none.version == 2)
        #expect(none.overrides.map(\.document) == [nil])
        #expect(none.overrides.map(\.version) == [2])
        let reset = try await store.resetPrice(of: "gpt-x", by: ChangeContext(by: key, at: files.now))
        #expect(reset.version == 3)
        #expect(reset.overrides.isEmpty)
        let events = try await store.auditEvents(after: 1, limit: 100).map(\.event)
        #expect(events.map(\.action) == [.priceSet, .priceRemoved, .priceReset])
        #expect(events.allSatisfy { $0.subject == "gpt-x" && $0.principal == key })
        #expect(
            events.first?.details == [AuditEvent.Detail("version", "1"), AuditEvent.Detail("price", "{1}")])
        #expect(events[1].details.contains(.before("price", "{1}")))
        #expect(events[2].details.contains(.before("price", "none")))
    }

    @Test func `what changes nothing is no version and no event`() async throws {
        let key = files.operatorKey
        _ = try await store.resetPrice(of: "gpt-x", by: ChangeContext(by: key, at: files.now))
        _ = try await store.setPrice("{1}", of: "gpt-x", by: ChangeContext(by: key, at: files.now))
        #expect(
            try await store.setPrice("{1}", of: "gpt-x", by: ChangeContext(by: key, at: files.now)).version
                == 1)
        #expect(try await actions() == [.storeInitialised, .priceSet])
    }

    @Test func `what was set is there after a restart`() async throws {
        _ = try await store.setPrice("{1}", of: "b", by: ChangeContext(by: files.operatorKey, at: files.now))
        let records = try await store.setPrice(
            nil, of: "a", by: ChangeContext(by: files.operatorKey, at: files.now))
        #expect(records.overrides.map(\.model) == ["a", "b"])
        try store.close()
        let queue = try DatabaseQueue(path: files.databasePath)
        let documents = try await queue.read {
            try Optional<String>.fetchAll($0, sql: "SELECT document FROM prices ORDER BY model")
        }
        #expect(documents == [nil, "{1}"])
        try queue.close()
    }
}
