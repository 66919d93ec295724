import Domain
import Foundation
import GRDB
import Gateway
import Testing

@testable import App
@testable import Storage

/// A data folder of a test's own, and what stands in its journal.
final class LedgerFiles: Sendable {
    let folder = FileManager.default.temporaryDirectory.appending(path: "ledger-\(UUID())").path
    var journalPath: String { folder + "/journal" }
    let now = Timestamp(seconds: 1_700_000_000)
    let project: ProjectID
    let lineage: AccessTokenID
    let accessToken: AccessTokenID

    init() throws {
        project = try #require(ProjectID("proj_abcdefghijkl"))
        lineage = try #require(AccessTokenID("Token0000001"))
        accessToken = try #require(AccessTokenID("Token0000002"))
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func createStore() async throws -> Store {
        try await Store.create(
            in: folder, sealedKeys: [], managementKey: nil, auditHash: { _ in .zero }, by: .console(at: now))
    }

    /// A second connection, as no process but a test has one.
    func tamper(_ sql: String) throws {
        let queue = try DatabaseQueue(path: folder + "/latchkey.db")
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    func settings(_ more: [String: String] = [:]) throws -> Settings {
        // The rows are of a fixed day in the past.
        let environment = [
            "LATCHKEY_DATA_DIR": folder, "LATCHKEY_MAX_IN_FLIGHT": "1", "LATCHKEY_LEDGER_RETENTION": "0",
        ].merging(more) { $1 }
        return try Settings(from: SettingsSource(environment: environment))
    }

    func entry(_ id: LedgerID, accounts: AccountPeriods = []) throws -> JournalEntry {
        JournalEntry(
            id: id, admittedAt: now, project: project, accessToken: accessToken, lineage: lineage,
            endpoint: "chat_completions", client: .loopback, modelAsked: "gpt-4.1",
            reservation: Charge(requests: 1, tokens: 5000, cost: Money(nanoUSD: 7_000_000)),
            priceVersion: 4, accounts: accounts)
    }

    func facts(object: String? = nil) -> JournalFacts {
        var facts = JournalFacts(
            status: 200, outcome: "completed", usage: Usage(prompt: 100, completion: 20),
            charge: Charge(requests: 1, tokens: 120, cost: Money(nanoUSD: 99)), accuracy: .exact,
            durationNanoseconds: 5_000_000, firstByteNanoseconds: 1_000_000)
        facts.objectID = object
        return facts
    }

    /// One quota of each lasting metric, for the access token's lineage; returned in that order.
    func setQuotas(in store: Store) async throws -> [LimitRecord] {
        let (subject, now) = (LimitSubject.lineage(lineage, of: project), now)
        let limits = try LimitSet(
            ["requests=1000/lifetime", "tokens=1000000/lifetime", "cost=1/lifetime"].map {
                try Limit(parsing: $0)
            })
        return try await store.database.record { database in
            try Store.setLimits(limits, of: subject, at: now, in: database)
        }
    }

    /// All that is kept of limits, in the order in which they were set.
    func limits(in store: Store) async throws -> [LimitRecord] {
        try await store.database.read { try Store.limitAccounts(in: $0).map(\.record) }
    }
}

extension Store {
    func set(_ pragma: String) async throws {
        try await database.writer.writeWithoutTransaction { try $0.execute(sql: "PRAGMA \(pragma)") }
    }

    /// From now on it is full, but for some pages.
    func fill() async throws {
        let pages = try await database.read { try Int.fetchOne($0, sql: "PRAGMA page_count") }
        try await set("max_page_count = \(try #require(pages) + 4)")
    }

    func expectThatLedgerAddsUp(_ location: SourceLocation = #_sourceLocation) async throws {
        #expect(try await checkLedger().differences.isEmpty, sourceLocation: location)
    }
}
