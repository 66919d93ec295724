import Domain
import Foundation
import GRDB
import Testing

@testable import Storage

/// A store, and rows for its ledger.
final class LedgerFixture: Sendable {
    static let isVerifying = ProcessInfo.processInfo.environment["VERIFY"] == "1"

    let files: Fixture
    let store: Store
    let project: ProjectID
    let otherProject: ProjectID
    let accessToken: AccessTokenID
    let otherToken: AccessTokenID

    init() async throws {
        files = try Fixture()
        store = try await files.create()
        project = try #require(ProjectID("proj_aaaaaaaaaaaa"))
        otherProject = try #require(ProjectID("proj_bbbbbbbbbbbb"))
        accessToken = try #require(AccessTokenID("Token0000001"))
        otherToken = try #require(AccessTokenID("Token0000002"))
    }

    /// A row of 100 + 20 tokens and 1,500 nano-dollars.
    func row(
        _ sequence: Int64, at moment: Timestamp? = nil, model: String? = "gpt-4.1", status: Int32 = 200,
        accuracy: Accuracy = .exact, of project: ProjectID? = nil, with accessToken: AccessTokenID? = nil,
        lineage: AccessTokenID? = nil, accounts: AccountPeriods = [], object: String? = nil
    ) -> LedgerRow {
        var row = LedgerRow(
            id: LedgerID(generation: 1, sequence: sequence), admittedAt: moment ?? files.now,
            project: project ?? self.project, accessToken: accessToken ?? self.accessToken,
            lineage: lineage ?? self.accessToken, endpoint: "chat_completions", client: .loopback,
            modelAsked: model.map { LedgerText($0) }, priceVersion: 1, accounts: accounts,
            outcome: "completed",
            charge: Charge(requests: 1, tokens: 120, cost: Money(nanoUSD: 1500)), accuracy: accuracy)
        row.status = status
        row.usage = Usage(prompt: 100, completion: 20)
        row.usage.cachedPrompt = 10
        row.usage.reasoning = 5
        row.durationNanoseconds = 1_000_000
        row.firstByteNanoseconds = 500_000
        row.modelAnswered = LedgerText("gpt-4.1-2025-04-14")
        row.upstreamRequestID = LedgerText("req_\(sequence)")
        row.objectID = object.map { LedgerText($0) }
        return row
    }

    /// Limits of the access token, from their texts.
    func setLimits(_ limits: [String]) async throws -> [LimitRecord] {
        let now = files.now
        let wanted = try LimitSet(limits.map { try Limit(parsing: $0) })
        let subject = LimitSubject.lineage(accessToken, of: project)
        return try await store.database.record {
            try Store.setLimits(wanted, of: subject, at: now, in: $0)
        }
    }

    func records() async throws -> [LimitRecord] {
        try await store.database.read { try Store.limitAccounts(in: $0).map(\.record) }
    }

    func used() async throws -> [Int64] { try await records().map(\.used) }

    func rows() async throws -> [LedgerRow] { try await store.ledgerRows(limit: 100_000).items }

    /// Asserts that rows, rollups and counters say the same.
    func expectThatItAddsUp(_ location: SourceLocation = #_sourceLocation) async throws {
        let check = try await store.checkLedger()
        #expect(check.differences.isEmpty, sourceLocation: location)
    }
}
