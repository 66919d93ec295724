package import Domain

/// What is under way, kept where a killed process leaves it: one slot for each attempt that was dispatched
/// and has no committed ledger row yet.
///
///     take ─▶ write ─▶ (dispatch) ─▶ settle ─▶ row ─▶ (commit) ─▶ clear
///                │                                                 ▲
///                └──────────── never dispatched after all ─────────┘
///
/// It owns the file. A slot belongs to whoever took it until it is cleared; slots may be taken, written,
/// settled and cleared on any thread. The number of slots bounds everything that is not yet committed. After
/// kill -9 nothing is lost; after a loss of power, what the kernel had not written.
package final class Journal: Sendable {
    /// Its memory is shared by the slots' owners, of which each slot has one; what is handed from one thread
    /// to the next goes by the slot's state, which is atomic.
    nonisolated(unsafe) private let file: JournalFile
    private let free: FreeSlots
    /// How many are handed out; there may be more in the file, for it once was larger.
    package let capacity: Int

    /// Throws where the file cannot be made, is no journal, or is of another version. What a crash left in it
    /// stays until it is cleared.
    package init(path: String, slots: Int) throws(JournalError) {
        precondition(slots > 0 && slots < Int32.max)
        file = try JournalFile(path: path, slots: slots)
        capacity = slots
        free = FreeSlots(capacity: slots)
        for index in (0..<file.slotCount).reversed() {
            let slot = file.slot(index)
            switch slot.state {
            case .free, .taken:
                _ = slot.free()
                if index < slots { free.give(index) }
            case .dispatched, .settled, nil:
                break
            }
        }
    }

    /// nil where all are in use: nothing may be dispatched.
    package func take() -> Int? {
        guard let index = free.take() else { return nil }
        file.slot(index).mark(.taken)
        return index
    }

    /// Before dispatch. From here on the slot becomes a row, unless it is cleared.
    package func write(_ entry: borrowing JournalEntry, to slot: Int) { file.slot(slot).write(entry) }

    /// Once, behind ``write(_:to:)``.
    package func settle(_ slot: Int, _ facts: borrowing JournalFacts) { file.slot(slot).settle(facts) }

    /// The row of a slot that was written: settled, or else at its full reservation. nil where the memory was
    /// damaged. For the ledger's thread: it makes strings, but for those that are in `names` from the row
    /// before.
    package func row(of slot: Int, _ names: inout RowNames) -> LedgerRow? { file.slot(slot).row(&names) }

    /// Once the row is committed, or where nothing was dispatched.
    package func clear(_ slot: Int) {
        let previous = file.slot(slot).free()
        precondition(previous != .free, "a journal slot was cleared twice")
        if slot < capacity { free.give(slot) }
    }

    /// Before anything is taken: what the process before this one left. Those that are damaged are cleared
    /// here and counted, for nothing can be made of them; the others are to be cleared once their rows are
    /// committed, and are found again until then.
    package func recover() -> JournalRecovery {
        var recovery = JournalRecovery()
        var names = RowNames()
        for index in 0..<file.slotCount {
            switch file.slot(index).state {
            case .free, .taken: continue
            case .dispatched, .settled:
                if let row = row(of: index, &names) {
                    recovery.slots.append(JournalRecovery.Slot(index: index, row: row))
                } else {
                    recovery.damaged += 1
                    clear(index)
                }
            case nil:
                recovery.damaged += 1
                clear(index)
            }
        }
        return recovery
    }

    /// How many slots are not free, by a look at each.
    package var slotsInUse: Int {
        (0..<file.slotCount).count { file.slot($0).state != .free }
    }
}
