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
        try await Store.create(in: folder, sealedKeys: [], managementKey: nil, by: .console, at: now)
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
    func setQuotas(in store: Store) async throws -> [LimitAccount] {
        let (owner, now) = (lineage.rawValue, now)
        return try await store.database.record { database in
            try Store.setLimits(
                [
                    .init(identity: "requests/lifetime", metric: .requests, amount: 1000),
                    .init(identity: "tokens/lifetime", metric: .tokens, amount: 1_000_000),
                    .init(identity: "cost/lifetime", metric: .cost, amount: 1_000_000_000),
                ], of: owner, at: now, in: database)
        }
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
