import Domain
import Synchronization

/// One place of the journal: 1152 bytes of memory that outlive the process.
///
///        0  state, UInt32                              16  checksum of the facts
///        4  the entry's end, UInt16                    24  entry: what is known before dispatch,
///        6  the facts' end, UInt16                         and behind it, from a multiple of 8 on,
///        8  checksum of the entry                          the facts: what became of it
///
/// The state is written last, with release ordering: where it says `dispatched`, the entry is whole; where it
/// says `settled`, the facts are. A process that is killed in between leaves the state from before. Only a
/// loss of power can tear what lies behind the state, and that the checksums tell; those of the facts are
/// made with the row's id, so that facts of an earlier exchange are not taken for those of this one. Numbers
/// are in the machine's order, texts are one byte of length (255 for none) and their UTF-8. Both parts are
/// written without gaps, for every line of memory that is touched travels between two processors.
struct JournalSlot {
    static let size = 1152

    enum State: UInt32 {
        case free = 0
        /// Handed out; nothing is dispatched.
        case taken, dispatched, settled
    }

    private enum Place {
        static let state = 0
        static let entryEnd = 4
        static let factsEnd = 6
        static let entryChecksum = 8
        static let factsChecksum = 16
        static let entry = 24
    }

    static let projectLength = 17
    static let accessTokenLength = 12
    /// An odd number without a pattern: the golden ratio's first bits.
    private static let seed: UInt64 = 0x9E37_79B9_7F4A_7C15

    private let start: UnsafeMutableRawPointer

    /// `start` is aligned to 8 bytes.
    init(_ start: UnsafeMutableRawPointer) { self.start = start }

    // MARK: - State

    /// An atomic has the layout of what it holds, so the word in the file is one.
    private var word: UnsafeMutablePointer<Atomic<UInt32>> {
        (start + Place.state).assumingMemoryBound(to: Atomic<UInt32>.self)
    }

    /// nil for what no version wrote.
    var state: State? { State(rawValue: word.pointee.load(ordering: .acquiring)) }

    func mark(_ state: State) { word.pointee.store(state.rawValue, ordering: .releasing) }

    /// Returns what it was before.
    func free() -> State? {
        State(rawValue: word.pointee.exchange(State.free.rawValue, ordering: .acquiringAndReleasing))
    }

    // MARK: - Writing

    func write(_ entry: borrowing JournalEntry) {
        var pen = SlotWriter(start, at: Place.entry)
        pen.put(entry.id.rawValue)
        pen.put(entry.admittedAt.milliseconds)
        pen.put(entry.reservation)
        pen.put(entry.priceVersion)
        pen.put(entry.project.rawValue, length: Self.projectLength)
        pen.put(entry.accessToken.rawValue, length: Self.accessTokenLength)
        pen.put(entry.lineage.rawValue, length: Self.accessTokenLength)
        pen.put(entry.client.code)
        pen.put(entry.endpoint, limit: LedgerRow.nameLimit)
        pen.put(entry.modelAsked, limit: LedgerText.limit)
        pen.put(entry.target.upstream, limit: AttemptTarget.upstreamLimit)
        pen.put(entry.target.credentialDigits, limit: CredentialID.digits)
        let count = entry.accounts.count
        pen.put(UInt8(truncatingIfNeeded: count))
        for index in 0..<count {
            let period = entry.accounts[index]
            pen.put(period.start.milliseconds)
            pen.put(period.account)
        }
        pen.put(UInt8(entry.isPriced ? 0 : 1))
        pen.put(entry.target.number)
        store(UInt16(truncatingIfNeeded: pen.finish()), at: Place.entryEnd)
        store(checksum(Place.entry, pen.place, seed: Self.seed), at: Place.entryChecksum)
        mark(.dispatched)
    }

    func settle(_ facts: borrowing JournalFacts) {
        let begin = Int(load(Place.entryEnd, as: UInt16.self))
        var pen = SlotWriter(start, at: begin)
        pen.put(facts.durationNanoseconds)
        pen.put(facts.firstByteNanoseconds)
        pen.put(facts.charge)
        // There is room for a thread or for the classes, not for both.
        pen.put(
            facts.begins
                ? Usage(prompt: facts.usage.prompt, completion: facts.usage.completion) : facts.usage)
        pen.put(facts.status)
        pen.put(facts.accuracy.code)
        pen.put(facts.outcome, limit: LedgerRow.nameLimit)
        pen.put(facts.modelAnswered, limit: LedgerText.limit)
        pen.put(facts.upstreamRequestID, limit: LedgerText.limit)
        pen.put(facts.objectID, limit: LedgerText.limit)
        pen.put(UInt8(facts.isPriced ? 0 : 1))
        pen.put(facts.objectRole)
        store(UInt16(truncatingIfNeeded: pen.finish()), at: Place.factsEnd)
        store(checksum(begin, pen.place, seed: load(Place.entry)), at: Place.factsChecksum)
        mark(.settled)
    }

    // MARK: - Reading

    /// The row: settled, or else recovered at its full reservation. nil where the entry is damaged.
    func row(_ names: inout RowNames) -> LedgerRow? {
        let end = Int(load(Place.entryEnd, as: UInt16.self))
        guard isPart(Place.entry, end),
            load(Place.entryChecksum) == checksum(Place.entry, end, seed: Self.seed)
        else { return nil }
        var reader = SlotReader(start, from: Place.entry, to: end)
        let id = LedgerID(rawValue: reader.number())
        // No version gives such an id, and the ledger takes none.
        guard id.rawValue >= 0 else { return nil }
        let admittedAt = Timestamp(milliseconds: reader.number())
        let reservation = reader.charge()
        let priceVersion: Int64 = reader.number()
        guard names.read(&reader) else { return nil }
        var accounts = AccountPeriods()
        for _ in 0..<reader.number(as: UInt8.self) {
            let start = Timestamp(milliseconds: reader.number())
            guard accounts.append(AccountPeriod(account: reader.number(), start: start)) else { return nil }
        }
        let isPriced = reader.number(as: UInt8.self) == 0
        var row = LedgerRow(
            id: id, admittedAt: admittedAt, project: names.project, accessToken: names.accessToken,
            lineage: names.lineage, endpoint: names.endpoint, client: names.client,
            modelAsked: names.modelAsked, priceVersion: isPriced ? priceVersion : 0, accounts: accounts,
            outcome: "recovered", charge: reservation, accuracy: .recovered)
        row.target = names.target
        row.target.number = reader.number()
        if state == .settled { addFacts(from: end, pricedBy: priceVersion, to: &row) }
        return row
    }

    /// Leaves the row as it is where the facts are damaged.
    private func addFacts(from begin: Int, pricedBy priceVersion: Int64, to row: inout LedgerRow) {
        let end = Int(load(Place.factsEnd, as: UInt16.self))
        guard isPart(begin, end), load(Place.factsChecksum) == checksum(begin, end, seed: load(Place.entry))
        else { return }
        var reader = SlotReader(start, from: begin, to: end)
        let duration: Int64 = reader.number()
        let firstByte: Int64 = reader.number()
        let charge = reader.charge()
        let usage = reader.usage()
        let status: Int32 = reader.number()
        guard let accuracy = Accuracy(code: reader.number()) else { return }
        row.durationNanoseconds = duration
        row.firstByteNanoseconds = firstByte
        row.charge = charge
        row.usage = usage
        row.status = status
        row.accuracy = accuracy
        row.outcome = reader.text() ?? ""
        row.modelAnswered = reader.text().map { LedgerText($0) }
        row.upstreamRequestID = reader.text().map { LedgerText($0) }
        row.objectID = reader.text().map { LedgerText($0) }
        row.priceVersion = reader.number(as: UInt8.self) == 0 ? priceVersion : 0
        row.objectRole = reader.objectRole()
    }

    // MARK: - Bytes

    @inline(__always)
    private func store<Value: BitwiseCopyable>(_ value: Value, at place: Int) {
        start.storeBytes(of: value, toByteOffset: place, as: Value.self)
    }

    @inline(__always)
    private func load<Value: BitwiseCopyable>(_ place: Int, as: Value.Type = Value.self) -> Value {
        start.loadUnaligned(fromByteOffset: place, as: Value.self)
    }

    /// False for a range that was not written.
    private func isPart(_ begin: Int, _ end: Int) -> Bool {
        begin < end && end <= Self.size && end.isMultiple(of: 8)
    }

    /// J. G. Fletcher's sums, of words: where a word stands counts too. Not against an enemy.
    private func checksum(_ begin: Int, _ end: Int, seed: UInt64) -> UInt64 {
        var plain = seed &+ UInt64(truncatingIfNeeded: end)
        var weighted: UInt64 = 0
        for place in stride(from: begin, to: end, by: 8) {
            plain &+= load(place)
            weighted &+= plain
        }
        let sum = (plain ^ plain &>> 29) &* Self.seed &+ weighted
        return (sum ^ sum &>> 32) &* Self.seed
    }
}

extension ClientClass {
    /// As the journal has it; never changes.
    fileprivate var code: UInt8 {
        switch self {
        case .loopback: 1
        case .privateNetwork: 2
        case .publicNetwork: 3
        case .unknown: 4
        }
    }

    init?(code: UInt8) {
        switch code {
        case 1: self = .loopback
        case 2: self = .privateNetwork
        case 3: self = .publicNetwork
        case 4: self = .unknown
        default: return nil
        }
    }
}

extension Accuracy {
    /// As the journal has it; never changes.
    fileprivate var code: UInt8 {
        switch self {
        case .exact: 1
        case .estimated: 2
        case .recovered: 3
        case .unknown: 4
        }
    }

    fileprivate init?(code: UInt8) {
        switch code {
        case 1: self = .exact
        case 2: self = .estimated
        case 3: self = .recovered
        case 4: self = .unknown
        default: return nil
        }
    }
}
