import Domain
import Foundation
import Synchronization
import Telemetry
import Testing

@testable import App
@testable import Gateway
@testable import Storage

/// From the line to the ledger: in groups, in order, and through outages.
@Suite struct LedgerCommitterTests {
    @Test func `one request is committed at once, and its place is free then`() async throws {
        let fixture = try await CommitterFixture()
        _ = try fixture.settle(1)
        #expect(await fixture.groups.next()?.count == 1)
        await fixture.finish()

        let rows = try await fixture.rows()
        #expect(rows.count == 1)
        #expect(rows.first?.accuracy == .exact && rows.first?.charge.tokens == 120)
        #expect(fixture.journal.slotsInUse == 0)
        #expect(fixture.metrics.snapshot.rows == 1 && fixture.metrics.snapshot.pending == 0)
        #expect(fixture.paces.withLock { $0 }.isEmpty)
        #expect(fixture.log.all.isEmpty)
    }

    @Test func `while a commit runs the next group gathers, and none is larger than its limit`() async throws
    {
        let fixture = try await CommitterFixture()
        fixture.isHeld.withLock { $0 = true }
        _ = try fixture.settle(1)
        let first = try #require(await fixture.groups.next())
        _ = try fixture.settle(CommitterFixture.groupLimit + 40)
        #expect(fixture.journal.slotsInUse == CommitterFixture.groupLimit + 41)
        #expect(try await fixture.rows().isEmpty)
        fixture.isHeld.withLock { $0 = false }
        fixture.permits.send(())
        let second = try #require(await fixture.groups.next())
        let third = try #require(await fixture.groups.next())
        await fixture.finish()

        #expect(first.count == 1 && second.count == CommitterFixture.groupLimit && third.count == 40)
        let ids = first + second + third
        #expect(ids == ids.sorted())
        #expect(try await fixture.rows().map(\.id) == ids)
        #expect(fixture.journal.slotsInUse == 0)
        try await fixture.store.expectThatLedgerAddsUp()
    }

    @Test func `a group that comes right behind a commit waits for the pace`() async throws {
        let fixture = try await CommitterFixture()
        _ = try fixture.settle(1)
        _ = await fixture.groups.next()
        _ = try fixture.settle(2)
        #expect(await fixture.groups.next()?.count == 2)
        await fixture.finish()
        // The fixture's clock stands still.
        #expect(fixture.paces.withLock { $0 } == [LedgerCommitter.pace])
    }

    enum Outage: CaseIterable {
        case full, readOnly

        func begin(in store: Store) async throws {
            switch self {
            case .full: try await store.fill()
            case .readOnly: try await store.set("query_only = 1")
            }
        }

        func end(in store: Store) async throws {
            switch self {
            case .full: try await store.set("max_page_count = 1000000")
            case .readOnly: try await store.set("query_only = 0")
            }
        }

        var error: StoreError {
            switch self {
            case .full: .full
            case .readOnly: .readOnly
            }
        }
    }

    @Test(arguments: Outage.allCases)
    func `when a commit fails nothing is dispatched, and the same rows are tried until they are in`(
        _ outage: Outage
    ) async throws {
        let fixture = try await CommitterFixture()
        let intake = fixture.committer.intake
        let desk = intake.makeDesk()
        try await outage.begin(in: fixture.store)
        // One that is under way while it fails.
        let held = try #require(desk.takeSlot())
        fixture.journal.write(try fixture.files.entry(desk.makeID()), to: held)
        _ = try fixture.settle(600)

        var retries: [Duration] = []
        for _ in 0..<4 {
            retries.append(try #require(await fixture.retries.next()))
            #expect(!intake.isWritable && desk.takeSlot() == nil)
            #expect(fixture.committer.failure == outage.error)
            if retries.count == 1 {
                #expect(fixture.journal.slotsInUse == 601)
                // It ends, and has its place in line behind the others.
                fixture.journal.settle(held, fixture.files.facts())
                desk.put(held)
            }
            if retries.count < 4 { fixture.resumes.send(()) }
        }
        #expect(retries == [.milliseconds(250), .milliseconds(500), .seconds(1), .seconds(1)])
        #expect(try await fixture.rows().isEmpty)
        #expect(fixture.journal.slotsInUse == 601)
        #expect(fixture.metrics.snapshot.failures == 4 && fixture.metrics.snapshot.pending == 601)
        #expect(fixture.metrics.snapshot.rows == 0)

        try await outage.end(in: fixture.store)
        fixture.resumes.send(())
        await fixture.finish()

        #expect(try await fixture.rows().count == 601)
        #expect(fixture.journal.slotsInUse == 0)
        #expect(intake.isWritable && fixture.committer.failure == nil)
        #expect(fixture.metrics.snapshot.rows == 601 && fixture.metrics.snapshot.pending == 0)
        #expect(
            fixture.log.all == [
                "error: the ledger cannot be written: no request is sent on until it can",
                "notice: the ledger is written again",
            ])
        try await fixture.store.expectThatLedgerAddsUp()
        let next = try #require(desk.takeSlot())
        fixture.journal.clear(next)
    }

    @Test
    func `files that are gone stop what is sent on while nothing is in line, and their return lets it go on`()
        async throws
    {
        let fixture = try await CommitterFixture()
        let intake = fixture.committer.intake
        await fixture.look()
        #expect(intake.isWritable && fixture.committer.failure == nil)
        fixture.isGone.withLock { $0 = true }
        await fixture.look()
        #expect(!intake.isWritable && intake.makeDesk().takeSlot() == nil)
        #expect(fixture.committer.failure == .replaced(.database))
        fixture.isGone.withLock { $0 = false }
        await fixture.look()
        #expect(intake.isWritable && fixture.committer.failure == nil)
        _ = try fixture.settle(1)
        await fixture.finish()

        #expect(try await fixture.rows().count == 1)
        #expect(
            fixture.log.all == [
                "error: the ledger cannot be written: no request is sent on until it can",
                "notice: the ledger is written again",
            ])
    }

    @Test func `a commit that was made though it failed is not made twice`() async throws {
        let fixture = try await CommitterFixture()
        fixture.isHeld.withLock { $0 = true }
        let slots = try fixture.settle(3)
        _ = await fixture.groups.next()
        // The same rows, by a hand that the committer does not know of.
        var names = RowNames()
        let rows = slots.compactMap { fixture.journal.row(of: $0, &names) }
        _ = try await fixture.store.appendLedger(rows)
        fixture.permits.send(())
        await fixture.finish()
        #expect(try await fixture.rows().count == 3)
        #expect(fixture.journal.slotsInUse == 0 && fixture.metrics.snapshot.rows == 0)
        try await fixture.store.expectThatLedgerAddsUp()
    }

    @Test(arguments: [[1], [0, 1, 2]])
    func `a damaged place is told, counted and freed, and keeps nobody up`(_ damaged: [Int]) async throws {
        let fixture = try await CommitterFixture()
        fixture.isHeld.withLock { $0 = true }
        _ = try fixture.settle(1)
        _ = await fixture.groups.next()
        let slots = try fixture.settle(3)
        for index in damaged { try fixture.damage(slots[index]) }
        fixture.isHeld.withLock { $0 = false }
        fixture.permits.send(())
        let whole = [0, 1, 2].filter { !damaged.contains($0) }
        #expect(await fixture.groups.next()?.map { $0.rawValue & 0xFF } == whole.map { Int64($0 + 1) * 2 })
        await fixture.finish()
        #expect(try await fixture.rows().count == 1 + whole.count)
        #expect(fixture.journal.slotsInUse == 0 && fixture.metrics.snapshot.damaged == damaged.count)
        #expect(fixture.log.all == ["error: ledger rows are lost: their places in the journal are damaged"])
    }

    @Test func `a damaged place is counted once, however often its group is tried`() async throws {
        let fixture = try await CommitterFixture()
        try await Outage.readOnly.begin(in: fixture.store)
        let slots = try fixture.settle(3)
        try fixture.damage(slots[1])
        for _ in 0..<3 {
            _ = try #require(await fixture.retries.next())
            #expect(fixture.metrics.snapshot.damaged == 0 && fixture.journal.slotsInUse == 3)
            fixture.resumes.send(())
        }
        _ = try #require(await fixture.retries.next())
        try await Outage.readOnly.end(in: fixture.store)
        fixture.resumes.send(())
        await fixture.finish()
        #expect(try await fixture.rows().count == 2)
        #expect(fixture.journal.slotsInUse == 0 && fixture.metrics.snapshot.damaged == 1)
        #expect(fixture.log.all.filter { $0.contains("damaged") }.count == 1)
    }

    @Test func `what was charged twice for one object is given back to the counters in memory`() async throws
    {
        let fixture = try await CommitterFixture()
        let durable = try await fixture.files.setQuotas(in: fixture.store)
        let lineage = fixture.quotas.lineage(fixture.files.lineage, of: fixture.files.project)
        let now = QuotaMoment(wall: fixture.files.now, nanoseconds: 0)
        fixture.quotas.setLimits(
            durable, of: .lineage(fixture.files.lineage, of: fixture.files.project), at: now)
        for object in ["resp_1", "resp_1", "resp_2"] {
            let charge = fixture.files.facts().charge
            let reservation = try #require(try lineage.reserve(charge, model: "gpt-4.1", at: now))
            var accounts = AccountPeriods()
            reservation.forEachAccount { account, start in
                let hasRoom = accounts.append(AccountPeriod(account: account, start: start))
                #expect(hasRoom)
            }
            reservation.settle(charge, at: 0)
            _ = try fixture.settle(1, object: object, accounts: accounts)
        }
        #expect(lineage.states(at: now).map(\.used) == [3, 360, 297])
        await fixture.finish()

        #expect(lineage.states(at: now).map(\.used) == [3, 240, 198])
        #expect(
            fixture.charged.withLock { $0 } == [.lineage(fixture.files.lineage, of: fixture.files.project)])
        #expect(try await fixture.files.limits(in: fixture.store).map(\.used) == [3, 240, 198])
        try await fixture.store.expectThatLedgerAddsUp()
    }
}
