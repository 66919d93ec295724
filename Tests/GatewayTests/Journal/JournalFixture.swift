import Domain
import Foundation
import Gateway
import Testing

/// A journal's path in a folder of its own, gone with the test; and what tests write to journals.
final class JournalFixture: Sendable {
    let folder = FileManager.default.temporaryDirectory.appending(path: "journal-\(UUID())").path
    var path: String { folder + "/journal" }

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func open(slots: Int = 8) throws -> Journal { try Journal(path: path, slots: slots) }

    /// What a process finds that starts after this one was killed now: the file as the kernel has it.
    func afterKill(slots: Int = 8, changing change: (inout Data) -> Void = { _ in }) throws -> Journal {
        let copy = folder + "/copy-\(UUID())"
        var bytes = try Data(contentsOf: URL(filePath: path))
        change(&bytes)
        try bytes.write(to: URL(filePath: copy))
        return try Journal(path: copy, slots: slots)
    }

    func entry(_ sequence: Int64, model: String? = "gpt-4.1") throws -> JournalEntry {
        JournalEntry(
            id: LedgerID(generation: 3, sequence: sequence),
            admittedAt: Timestamp(milliseconds: 1_700_000_000_123 + sequence),
            project: try #require(ProjectID("proj_abcdefghijkl")),
            accessToken: try #require(AccessTokenID("Token0000002")),
            lineage: try #require(AccessTokenID("Token0000001")), endpoint: "chat_completions",
            client: .privateNetwork, modelAsked: model,
            reservation: Charge(requests: 1, tokens: 5000 + sequence, cost: Money(nanoUSD: 7_000_000)),
            priceVersion: 4,
            accounts: [
                AccountPeriod(account: 7, start: Timestamp(seconds: 1_690_000_000)),
                AccountPeriod(account: -1, start: Timestamp(seconds: 0)),
            ],
            target: AttemptTarget(
                number: 2, upstream: "api.example:8443", credential: CredentialID("cred_abcdefghijkl")))
    }

    func facts(_ sequence: Int64) -> JournalFacts {
        var usage = Usage(prompt: 100 + sequence, completion: 20)
        usage.cachedPrompt = 1
        usage.cacheWritePrompt = 2
        usage.audioPrompt = 3
        usage.imagePrompt = 4
        usage.reasoning = 5
        usage.audioCompletion = 6
        usage.imageCompletion = 7
        usage.audioMilliseconds = 8
        var facts = JournalFacts(
            status: 200, outcome: "completed", usage: usage,
            charge: Charge(requests: 1, tokens: 120 + sequence, cost: Money(nanoUSD: 99)), accuracy: .exact,
            durationNanoseconds: 5_000_000, firstByteNanoseconds: 1_000_000)
        facts.modelAnswered = "gpt-4.1-2025-04-14"
        facts.upstreamRequestID = "req_123"
        facts.objectID = "resp_456"
        return facts
    }

    /// The row that a slot becomes.
    func row(_ entry: JournalEntry, _ facts: JournalFacts?) -> LedgerRow {
        var row = LedgerRow(
            id: entry.id, admittedAt: entry.admittedAt, project: entry.project,
            accessToken: entry.accessToken, lineage: entry.lineage, endpoint: entry.endpoint,
            client: entry.client, modelAsked: entry.modelAsked.map { LedgerText($0) },
            priceVersion: entry.priceVersion, accounts: entry.accounts, outcome: "recovered",
            charge: entry.reservation, accuracy: .recovered)
        row.target = entry.target
        if !entry.isPriced { row.priceVersion = 0 }
        guard let facts else { return row }
        row.status = facts.status
        row.outcome = facts.outcome
        row.usage = facts.usage
        row.charge = facts.charge
        row.accuracy = facts.accuracy
        row.durationNanoseconds = facts.durationNanoseconds
        row.firstByteNanoseconds = facts.firstByteNanoseconds
        row.modelAnswered = facts.modelAnswered.map { LedgerText($0) }
        row.upstreamRequestID = facts.upstreamRequestID.map { LedgerText($0) }
        row.objectID = facts.objectID.map { LedgerText($0) }
        row.objectRole = facts.objectRole
        row.priceVersion = facts.isPriced ? entry.priceVersion : 0
        return row
    }
}

extension Journal {
    /// With no row before it.
    func row(of slot: Int) -> LedgerRow? {
        var names = RowNames()
        return row(of: slot, &names)
    }
}
