import Domain
import Foundation
import Gateway
import Synchronization
import Testing

@Suite struct JournalTests {
    private let fixture: JournalFixture

    init() throws { fixture = try JournalFixture() }

    @Test func `a new journal is private, whole on the disk, and empty`() throws {
        let journal = try fixture.open()
        let facts = try FileManager.default.attributesOfItem(atPath: fixture.path)
        #expect(facts[.posixPermissions] as? Int == 0o600)
        var status = stat()
        #expect(stat(fixture.path, &status) == 0)
        #expect(status.st_size == 4096 + 8 * 1152)
        #expect(Int64(status.st_blocks) * 512 >= Int64(status.st_size))
        #expect(journal.slotsInUse == 0)
        let recovery = journal.recover()
        #expect(recovery.slots.isEmpty && recovery.damaged == 0)
    }

    @Test func `every slot is handed out once, and again when it is cleared`() throws {
        let journal = try fixture.open()
        let slots = (0..<8).compactMap { _ in journal.take() }
        #expect(Set(slots) == Set(0..<8))
        #expect(journal.take() == nil)
        #expect(journal.slotsInUse == 8)
        journal.clear(slots[3])
        #expect(journal.take() == slots[3])
        #expect(journal.take() == nil)
    }

    @Test func `a settled slot gives exactly the row that was written`() throws {
        let journal = try fixture.open()
        let slot = try #require(journal.take())
        let entry = try fixture.entry(1)
        journal.write(entry, to: slot)
        #expect(journal.row(of: slot) == fixture.row(entry, nil))
        journal.settle(slot, fixture.facts(1))
        #expect(journal.row(of: slot) == fixture.row(entry, fixture.facts(1)))
    }

    @Test func `rows that are alike share their names, and others never do`() throws {
        let journal = try fixture.open()
        var names = RowNames()
        for (number, model) in ["gpt-4.1", "gpt-4.1", "gpt-4.1-mini", nil, "", "gpt-4.1", nil].enumerated() {
            let slot = try #require(journal.take())
            let entry = try fixture.entry(Int64(number), model: model)
            journal.write(entry, to: slot)
            #expect(journal.row(of: slot, &names) == fixture.row(entry, nil))
        }
    }

    @Test func `what is missing stays missing, and what is too long is cut`() throws {
        let journal = try fixture.open()
        let slot = try #require(journal.take())
        journal.write(try fixture.entry(1, model: nil), to: slot)
        var facts = fixture.facts(1)
        facts.outcome = String(repeating: "o", count: 40)
        facts.modelAnswered = nil
        facts.upstreamRequestID = String(repeating: "é", count: 200)
        facts.objectID = ""
        journal.settle(slot, facts)
        let row = try #require(journal.row(of: slot))
        #expect(row.modelAsked == nil && row.modelAnswered == nil)
        #expect(row.outcome == String(repeating: "o", count: 31))
        #expect(row.upstreamRequestID?.rawValue == String(repeating: "é", count: 64))
        #expect(row.objectID?.rawValue == "")
    }

    @Test func `the fullest slot fits, and leaves its neighbour alone`() throws {
        let journal = try fixture.open(slots: 2)
        let (first, second) = (try #require(journal.take()), try #require(journal.take()))
        let (full, neighbour) = first < second ? (first, second) : (second, first)
        journal.write(try fixture.entry(2), to: neighbour)
        let part = try fixture.entry(1, model: String(repeating: "m", count: 200))
        var accounts = AccountPeriods()
        for number in 0..<Int32(AccountPeriods.capacity) {
            let hasRoom = accounts.append(AccountPeriod(account: number, start: Timestamp(seconds: 1)))
            #expect(hasRoom)
        }
        let entry = JournalEntry(
            id: part.id, admittedAt: part.admittedAt, project: part.project, accessToken: part.accessToken,
            lineage: part.lineage, endpoint: String(repeating: "e", count: 31), client: part.client,
            modelAsked: part.modelAsked, reservation: part.reservation, priceVersion: part.priceVersion,
            accounts: accounts,
            target: AttemptTarget(
                number: .max, upstream: String(repeating: "u", count: 300),
                credential: part.target.credential))
        var facts = fixture.facts(1)
        facts.outcome = String(repeating: "o", count: 31)
        facts.modelAnswered = String(repeating: "a", count: 200)
        facts.upstreamRequestID = String(repeating: "r", count: 200)
        facts.objectID = String(repeating: "i", count: 200)
        facts.objectRole = .reports(tier: .ultrafast)
        journal.write(entry, to: full)
        journal.settle(full, facts)

        #expect(journal.row(of: full) == fixture.row(entry, facts))
        // Of one that begins a run there is its thread, and no class of usage.
        let thread = String(repeating: "t", count: ObjectTerms.threadLimit)
        facts.objectRole = .begins(
            ObjectTerms(price: ModelPrice.Terms(tier: .flex, keepsCacheLong: true), thread: thread))
        journal.settle(full, facts)
        facts.usage = Usage(prompt: facts.usage.prompt, completion: facts.usage.completion)
        #expect(journal.row(of: full) == fixture.row(entry, facts))
        #expect(journal.row(of: neighbour) == fixture.row(try fixture.entry(2), nil))
    }

    @Test(
        arguments: [
            nil, .completes, .reports(tier: nil), .reports(tier: .unknown),
            .begins(ObjectTerms(price: ModelPrice.Terms(tier: .priority), thread: nil)),
            .begins(ObjectTerms(price: ModelPrice.Terms(keepsCacheLong: true), thread: "thread_1")),
        ] as [ObjectRole?])
    func `what a row has to do with an object, and whether it has a price, outlive the process`(
        _ role: ObjectRole?
    ) throws {
        let journal = try fixture.open()
        let slot = try #require(journal.take())
        let entry = try fixture.entry(1)
        var facts = fixture.facts(1)
        facts.usage = Usage(prompt: 3, completion: 4)
        facts.objectRole = role
        facts.isPriced = role != nil
        journal.write(entry, to: slot)
        journal.settle(slot, facts)
        let row = try #require(try fixture.afterKill().recover().slots.first?.row)
        #expect(row == fixture.row(entry, facts) && row.objectRole == role)
        #expect(row.priceVersion == (role == nil ? 0 : 4))
    }

    @Test func `after a kill at any step every dispatched exchange is one row, and no other is`() throws {
        let journal = try fixture.open()
        func left(_ comment: Comment) throws -> [LedgerRow] {
            let recovery = try fixture.afterKill().recover()
            #expect(recovery.damaged == 0, comment)
            return recovery.slots.map(\.row).sorted { $0.id < $1.id }
        }
        let first = try #require(journal.take())
        #expect(try left("taken").isEmpty)
        let entry = try fixture.entry(1)
        journal.write(entry, to: first)
        #expect(try left("dispatched") == [fixture.row(entry, nil)])
        let second = try #require(journal.take())
        let other = try fixture.entry(2)
        journal.write(other, to: second)
        journal.settle(first, fixture.facts(1))
        #expect(try left("one settled") == [fixture.row(entry, fixture.facts(1)), fixture.row(other, nil)])
        journal.clear(first)
        #expect(try left("one cleared") == [fixture.row(other, nil)])
        let again = try #require(journal.take())
        #expect(again == first)
        let third = try fixture.entry(3)
        journal.write(third, to: again)
        #expect(try left("used again") == [fixture.row(other, nil), fixture.row(third, nil)])
    }

    @Test func `what was recovered stays until it is cleared, and its slot is not handed out before`() throws
    {
        let entry = try fixture.entry(1)
        do {
            let journal = try fixture.open(slots: 2)
            let slot = try #require(journal.take())
            journal.write(entry, to: slot)
        }
        let journal = try fixture.open(slots: 2)
        let slot = try #require(journal.recover().slots.first)
        #expect(slot.row == fixture.row(entry, nil))
        #expect(journal.recover().slots.count == 1)
        let other = try #require(journal.take())
        #expect(other != slot.index)
        #expect(journal.take() == nil)
        journal.clear(slot.index)
        #expect(journal.recover().slots.isEmpty)
        #expect(journal.take() == slot.index)
    }

    @Test func `a slot that was torn is told apart, and the others are recovered`() throws {
        let journal = try fixture.open()
        for sequence in 0..<3 as Range<Int64> {
            let slot = try #require(journal.take())
            journal.write(try fixture.entry(sequence), to: slot)
            journal.settle(slot, fixture.facts(sequence))
        }
        // A byte of the first one's entry, and of the second one's facts.
        let after = try fixture.afterKill { bytes in
            bytes[4096 + 100] ^= 1
            bytes[4096 + 1152 + 240] ^= 1
        }
        let recovery = after.recover()
        #expect(recovery.damaged == 1)
        #expect(
            recovery.slots.map(\.row) == [
                fixture.row(try fixture.entry(1), nil), fixture.row(try fixture.entry(2), fixture.facts(2)),
            ])
        // What is damaged blocks nothing.
        #expect(after.slotsInUse == 2)
        let wild = try fixture.afterKill { bytes in bytes[4096] = 77 }
        #expect(wild.recover().damaged == 1)
        #expect(wild.recover().slots.count == 2)
    }

    @Test func `facts of an earlier exchange are not taken for those of this one`() throws {
        let journal = try fixture.open(slots: 1)
        let slot = try #require(journal.take())
        journal.write(try fixture.entry(1), to: slot)
        journal.settle(slot, fixture.facts(1))
        journal.clear(slot)
        #expect(journal.take() == slot)
        journal.write(try fixture.entry(2), to: slot)
        // The state says settled, as after a loss of power that kept the later word and the earlier bytes.
        let recovery = try fixture.afterKill(slots: 1) { bytes in bytes[4096] = 3 }.recover()
        #expect(recovery.slots.map(\.row) == [fixture.row(try fixture.entry(2), nil)])
    }

    @Test(arguments: [1, 3, 20])
    func `a journal of another size is recovered whole`(slots: Int) throws {
        do {
            let journal = try fixture.open()
            for sequence in 0..<8 as Range<Int64> {
                let slot = try #require(journal.take())
                journal.write(try fixture.entry(sequence), to: slot)
            }
        }
        let journal = try fixture.open(slots: slots)
        let recovery = journal.recover()
        #expect(recovery.slots.count == 8)
        for slot in recovery.slots { journal.clear(slot.index) }
        var taken = 0
        while journal.take() != nil { taken += 1 }
        #expect(taken == slots)
        #expect(try fixture.afterKill(slots: slots).slotsInUse == 0)
    }

    @Test func `a journal of another version, or something else, is refused and left alone`() throws {
        func refused(_ bytes: Data, as error: JournalError) throws {
            try bytes.write(to: URL(filePath: fixture.path))
            #expect(throws: error) { try fixture.open() }
            #expect(try Data(contentsOf: URL(filePath: fixture.path)) == bytes)
        }
        do { _ = try fixture.open() }
        var bytes = try Data(contentsOf: URL(filePath: fixture.path))
        for version in [1, 3] as [UInt8] {
            bytes[8] = version
            try refused(bytes, as: .otherVersion(UInt32(version)))
        }
        bytes[8] = 2
        bytes[17] = 9
        try refused(bytes, as: .notAJournal)
        try refused(Data("something else that is long enough".utf8), as: .notAJournal)
        try refused(Data("short".utf8), as: .notAJournal)
    }

    @Test func `a journal whose making was cut off is made again`() throws {
        for size in [0, 10, 4096, 4096 + 1152] {
            try Data(count: size).write(to: URL(filePath: fixture.path))
            #expect(try fixture.open().slotsInUse == 0)
        }
    }

    @Test func `a path where no file can be is told`() throws {
        #expect(throws: JournalError.failing(code: ENOENT)) {
            try Journal(path: fixture.folder + "/none/journal", slots: 1)
        }
        #expect(throws: JournalError.failing(code: EISDIR)) { try Journal(path: fixture.folder, slots: 1) }
    }

    @Test func `many threads never share a slot, and what a kill leaves is what they had written`() throws {
        let journal = try fixture.open(slots: 16)
        let owners = (0..<16).map { _ in Flag() }
        let finished = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            for round in 0..<2000 as Range<Int64> {
                guard let slot = journal.take() else { continue }
                #expect(owners[slot].value.exchange(true, ordering: .acquiringAndReleasing) == false)
                guard let entry = try? fixture.entry(Int64(thread) * 10_000 + round) else { continue }
                journal.write(entry, to: slot)
                if round % 500 == 7, let recovery = try? fixture.afterKill(slots: 16).recover() {
                    #expect(recovery.slots.contains { $0.row == fixture.row(entry, nil) })
                }
                journal.settle(slot, fixture.facts(round))
                #expect(journal.row(of: slot) == fixture.row(entry, fixture.facts(round)))
                owners[slot].value.store(false, ordering: .releasing)
                journal.clear(slot)
                finished.wrappingAdd(1, ordering: .relaxed)
            }
        }
        #expect(finished.load(ordering: .relaxed) == 8000)
        #expect(journal.slotsInUse == 0)
    }

    private final class Flag: Sendable {
        let value = Atomic(false)
    }
}
