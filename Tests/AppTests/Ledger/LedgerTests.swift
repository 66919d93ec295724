import Domain
import Foundation
import Logging
import Telemetry
import Testing

@testable import App
@testable import Gateway
@testable import Storage

/// The ledger of a server from its start to its end, over a store and a journal on the disk.
@Suite struct LedgerTests {
    private let files: LedgerFiles
    private let store: Store
    private let log = LogLines()

    init() async throws {
        files = try LedgerFiles()
        store = try await files.createStore()
    }

    private func open(_ more: [String: String] = [:]) async throws(InstallationError) -> Ledger {
        let settings: Settings
        let rule: PeriodRule
        do {
            settings = try files.settings(more)
            rule = try #require(CalendarPeriods(timeZone: "UTC")).rule
        } catch {
            preconditionFailure("\(error)")
        }
        return try await Ledger(
            settings, store: store, quotas: QuotaBook(defaultPeriods: rule), logger: log.logger)
    }

    private func settle(_ count: Int, in ledger: Ledger, accounts: AccountPeriods = []) throws {
        let desk = ledger.intake.makeDesk()
        for _ in 0..<count {
            let slot = try #require(desk.takeSlot())
            desk.journal.write(try files.entry(desk.makeID(), accounts: accounts), to: slot)
            desk.journal.settle(slot, files.facts())
            desk.put(slot)
        }
    }

    private func rows() async throws -> [LedgerRow] { try await store.ledgerRows(limit: 100_000).items }

    @Test func `what is in line at the end is committed, and the journal is empty and closed to others`()
        async throws
    {
        let ledger = try await open()
        let attributes = try FileManager.default.attributesOfItem(atPath: files.journalPath)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(ledger.intake.journal.capacity == 16_384)
        try settle(1300, in: ledger)
        await ledger.drain()
        #expect(try await rows().count == 1300)
        #expect(ledger.metrics.snapshot.slotsInUse == 0 && ledger.metrics.snapshot.rows == 1300)
        #expect(log.all.isEmpty)
        try await store.expectThatLedgerAddsUp()
    }

    @Test func `a store that fails holds the end up for a bounded time, and the next start writes it all`()
        async throws
    {
        let accounts = try await files.setQuotas(in: store)
        let counters = AccountPeriods(accounts)
        let ledger = try await open()
        try await store.set("query_only = 1")
        try settle(5, in: ledger, accounts: counters)
        await ledger.drain(within: .milliseconds(1))
        #expect(ledger.failure == .readOnly && ledger.metrics.snapshot.slotsInUse == 5)
        #expect(try await rows().isEmpty)
        #expect(log.all.last?.hasPrefix("warning: requests are left in the journal") == true)

        try await store.set("query_only = 0")
        let next = try await open()
        #expect(try await rows().count == 5)
        #expect(try await rows().allSatisfy { $0.accuracy == .exact })
        #expect(next.failure == nil && next.intake.journal.slotsInUse == 0)
        #expect(try await files.limits(in: store).map(\.used) == [5, 600, 495])
        await next.drain()
    }

    @Test func `what a crash left is written down before anything else, once, however often it is cut off`()
        async throws
    {
        let counters = AccountPeriods(try await files.setQuotas(in: store))
        do {
            let journal = try Journal(path: files.journalPath, slots: 2000)
            for sequence in 0..<1200 {
                let slot = try #require(journal.take())
                let id = LedgerID(generation: 0, sequence: Int64(sequence))
                journal.write(try files.entry(id, accounts: counters), to: slot)
                if sequence % 3 > 0 { journal.settle(slot, files.facts()) }
            }
            _ = journal.take()
        }
        let left = try Data(contentsOf: URL(filePath: files.journalPath))
        // The second time as if the process had ended right behind the commits.
        for round in 0..<2 {
            try left.write(to: URL(filePath: files.journalPath))
            let ledger = try await open()
            #expect(ledger.intake.journal.slotsInUse == 0)
            #expect(ledger.metrics.snapshot.rows == (round == 0 ? 1200 : 0))
            let rows = try await rows()
            #expect(rows.count == 1200)
            #expect(rows.count { $0.accuracy == .recovered && $0.charge.tokens == 5000 } == 400)
            #expect(rows.count { $0.accuracy == .exact && $0.charge.tokens == 120 } == 800)
            let used: [Int64] = [1200, 2_096_000, 2_800_079_200]
            #expect(try await files.limits(in: store).map(\.used) == used)
            try await store.expectThatLedgerAddsUp()
            await ledger.drain()
        }
    }

    @Test func `what a crash left is written down in groups, and all of it`() async throws {
        do {
            let journal = try Journal(path: files.journalPath, slots: 100)
            for sequence in 0..<45 {
                let slot = try #require(journal.take())
                journal.write(try files.entry(LedgerID(generation: 0, sequence: Int64(sequence))), to: slot)
            }
        }
        let left = try Journal(path: files.journalPath, slots: 100)
        let metrics = LedgerMetrics { left.slotsInUse }
        try await left.recover(into: store, metrics: metrics, logger: log.logger, groupLimit: 20)
        #expect(try await rows().map(\.id.rawValue).sorted() == (0..<45).map { Int64($0) })
        #expect(metrics.snapshot.rows == 45 && left.slotsInUse == 0)
    }

    @Test func `ids of one start are never those of another`() async throws {
        for _ in 0..<2 {
            let ledger = try await open()
            try settle(3, in: ledger)
            await ledger.drain()
        }
        #expect(Set(try await rows().map(\.id)).count == 6)
    }

    @Test func `a journal that cannot be used stops the start, and says what to do`() async throws {
        func failure(_ slots: String = "10") async -> InstallationError? {
            await #expect(throws: InstallationError.self) {
                _ = try await open(["LATCHKEY_JOURNAL_SLOTS": slots])
            }
        }
        let path = files.journalPath
        try Data(repeating: 7, count: 8192).write(to: URL(filePath: path))
        var error = try #require(await failure())
        #expect(error.message == "the file \(path) is not a journal, or its head is damaged")
        #expect(error.hint?.contains(path) == true)
        // It is left as it was.
        #expect(try Data(contentsOf: URL(filePath: path)) == Data(repeating: 7, count: 8192))

        try FileManager.default.removeItem(atPath: path)
        _ = try Journal(path: path, slots: 10)
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        try file.seek(toOffset: 8)
        try file.write(contentsOf: [9])
        try file.close()
        error = try #require(await failure())
        #expect(error.message == "the journal \(path) was written by another version")
        #expect(error.hint?.isEmpty == false)

        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        error = try #require(await failure())
        #expect(error.message.hasPrefix("the journal \(path) cannot be used"))
        #expect(try await store.beginGeneration() == 1)
    }

    @Test func `a store that cannot be written stops the start, and what the journal holds stays`()
        async throws
    {
        do {
            let journal = try Journal(path: files.journalPath, slots: 10)
            let slot = try #require(journal.take())
            journal.write(try files.entry(LedgerID(generation: 0, sequence: 1)), to: slot)
        }
        try await store.set("query_only = 1")
        let error = await #expect(throws: InstallationError.self) { _ = try await open() }
        #expect(error?.message == "the data folder \(files.folder) cannot be written")
        try await store.set("query_only = 0")
        let ledger = try await open()
        #expect(try await rows().map(\.accuracy) == [.recovered])
        await ledger.drain()
    }
}

extension AccountPeriods {
    fileprivate init(_ accounts: [LimitRecord]) {
        self.init()
        for account in accounts {
            let hasRoom = append(AccountPeriod(account: account.account, start: account.start))
            precondition(hasRoom)
        }
    }
}
