import Domain
import Synchronization

/// One place of the journal: 1024 bytes of memory that outlive the process.
///
///        0  state, UInt32                              16  entry: what is known before dispatch
///        4  zero                                      464  checksum of the facts
///        8  checksum of the entry                     472  facts: what became of it
///
/// The state is written last, with release ordering: where it says `dispatched`, the entry is whole; where it
/// says `settled`, the facts are. A process that is killed in between leaves the state from before. Only a
/// loss of power can tear what lies behind the state, and that the checksums tell; those of the facts are
/// made with the row's id, so that facts of an earlier exchange are not taken for those of this one. Numbers
/// are in the machine's order, texts are one byte of length (255 for none) and their UTF-8.
struct JournalSlot {
    static let size = 1024

    enum State: UInt32 {
        case free = 0
        /// Handed out; nothing is dispatched.
        case taken, dispatched, settled
    }

    /// The two ranges are multiples of 32 bytes.
    private enum Place {
        static let state = 0
        static let entryChecksum = 8
        static let entry = 16..<464
        static let id = 16
        static let admittedAt = 24
        static let reservation = 32
        static let priceVersion = 56
        static let periodStarts = 64
        static let accounts = 192
        static let project = 256
        static let accessToken = 273
        static let lineage = 285
        static let client = 297
        static let accountCount = 298
        static let endpoint = 299
        static let modelAsked = 331
        static let factsChecksum = 464
        static let facts = 472..<1016
        static let duration = 472
        static let firstByte = 480
        static let charge = 488
        static let usage = 512
        static let status = 592
        static let accuracy = 596
        static let outcome = 597
        static let modelAnswered = 629
        static let upstreamRequestID = 758
        static let objectID = 887
    }

    private static let projectLength = 17
    private static let accessTokenLength = 12
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
        store(entry.id.rawValue, at: Place.id)
        store(entry.admittedAt.milliseconds, at: Place.admittedAt)
        store(entry.reservation, at: Place.reservation)
        store(entry.priceVersion, at: Place.priceVersion)
        let count = entry.accounts.count
        for index in 0..<count {
            let period = entry.accounts[index]
            store(period.start.milliseconds, at: Place.periodStarts + 8 * index)
            store(period.account, at: Place.accounts + 4 * index)
        }
        store(UInt8(truncatingIfNeeded: count), at: Place.accountCount)
        fill(entry.project.rawValue, at: Place.project, length: Self.projectLength)
        fill(entry.accessToken.rawValue, at: Place.accessToken, length: Self.accessTokenLength)
        fill(entry.lineage.rawValue, at: Place.lineage, length: Self.accessTokenLength)
        store(entry.client.code, at: Place.client)
        store(entry.endpoint, at: Place.endpoint, limit: LedgerRow.nameLimit)
        store(entry.modelAsked, at: Place.modelAsked, limit: LedgerText.limit)
        store(checksum(Place.entry, seed: Self.seed), at: Place.entryChecksum)
        mark(.dispatched)
    }

    func settle(_ facts: borrowing JournalFacts) {
        store(facts.durationNanoseconds, at: Place.duration)
        store(facts.firstByteNanoseconds, at: Place.firstByte)
        store(facts.charge, at: Place.charge)
        store(facts.usage)
        store(facts.status, at: Place.status)
        store(facts.accuracy.code, at: Place.accuracy)
        store(facts.outcome, at: Place.outcome, limit: LedgerRow.nameLimit)
        store(facts.modelAnswered, at: Place.modelAnswered, limit: LedgerText.limit)
        store(facts.upstreamRequestID, at: Place.upstreamRequestID, limit: LedgerText.limit)
        store(facts.objectID, at: Place.objectID, limit: LedgerText.limit)
        store(checksum(Place.facts, seed: load(Place.id)), at: Place.factsChecksum)
        mark(.settled)
    }

    // MARK: - Reading

    /// The row: settled, or else recovered at its full reservation. nil where the entry is damaged.
    func row() -> LedgerRow? {
        guard load(Place.entryChecksum) == checksum(Place.entry, seed: Self.seed),
            let project = ProjectID(bytes: bytes(at: Place.project, length: Self.projectLength)),
            let accessToken = AccessTokenID(bytes: bytes(at: Place.accessToken, length: Self.accessTokenLength)),
            let lineage = AccessTokenID(bytes: bytes(at: Place.lineage, length: Self.accessTokenLength)),
            let client = ClientClass(code: load(Place.client))
        else { return nil }
        var accounts = AccountPeriods()
        for index in 0..<Int(load(Place.accountCount, as: UInt8.self)) {
            let start = Timestamp(milliseconds: load(Place.periodStarts + 8 * index))
            let account: Int32 = load(Place.accounts + 4 * index)
            guard accounts.append(AccountPeriod(account: account, start: start)) else { return nil }
        }
        var row = LedgerRow(
            id: LedgerID(rawValue: load(Place.id)),
            admittedAt: Timestamp(milliseconds: load(Place.admittedAt)), project: project,
            accessToken: accessToken, lineage: lineage, endpoint: text(at: Place.endpoint) ?? "",
            client: client, modelAsked: text(at: Place.modelAsked).map { LedgerText($0) },
            priceVersion: load(Place.priceVersion), accounts: accounts, outcome: "recovered",
            charge: charge(at: Place.reservation), accuracy: .recovered)
        if state == .settled { addFacts(to: &row) }
        return row
    }

    /// Leaves the row as it is where the facts are damaged.
    private func addFacts(to row: inout LedgerRow) {
        guard load(Place.factsChecksum) == checksum(Place.facts, seed: load(Place.id)),
            let accuracy = Accuracy(code: load(Place.accuracy))
        else { return }
        row.accuracy = accuracy
        row.status = load(Place.status)
        row.outcome = text(at: Place.outcome) ?? ""
        row.usage = usage()
        row.charge = charge(at: Place.charge)
        row.durationNanoseconds = load(Place.duration)
        row.firstByteNanoseconds = load(Place.firstByte)
        row.modelAnswered = text(at: Place.modelAnswered).map { LedgerText($0) }
        row.upstreamRequestID = text(at: Place.upstreamRequestID).map { LedgerText($0) }
        row.objectID = text(at: Place.objectID).map { LedgerText($0) }
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

    private func store(_ charge: Charge, at place: Int) {
        store(charge.requests, at: place)
        store(charge.tokens, at: place + 8)
        store(charge.cost.nanoUSD, at: place + 16)
    }

    private func charge(at place: Int) -> Charge {
        Charge(requests: load(place), tokens: load(place + 8), cost: Money(nanoUSD: load(place + 16)))
    }

    private func store(_ usage: Usage) {
        store(usage.prompt, at: Place.usage)
        store(usage.cachedPrompt, at: Place.usage + 8)
        store(usage.cacheWritePrompt, at: Place.usage + 16)
        store(usage.audioPrompt, at: Place.usage + 24)
        store(usage.imagePrompt, at: Place.usage + 32)
        store(usage.completion, at: Place.usage + 40)
        store(usage.reasoning, at: Place.usage + 48)
        store(usage.audioCompletion, at: Place.usage + 56)
        store(usage.imageCompletion, at: Place.usage + 64)
        store(usage.audioMilliseconds, at: Place.usage + 72)
    }

    private func usage() -> Usage {
        var usage = Usage(prompt: load(Place.usage), completion: load(Place.usage + 40))
        usage.cachedPrompt = load(Place.usage + 8)
        usage.cacheWritePrompt = load(Place.usage + 16)
        usage.audioPrompt = load(Place.usage + 24)
        usage.imagePrompt = load(Place.usage + 32)
        usage.reasoning = load(Place.usage + 48)
        usage.audioCompletion = load(Place.usage + 56)
        usage.imageCompletion = load(Place.usage + 64)
        usage.audioMilliseconds = load(Place.usage + 72)
        return usage
    }

    /// Text of a known length; the rest is filled up with zeros.
    @inline(__always)
    private func fill(_ text: borrowing String, at place: Int, length: Int) {
        let copied = copy(text, to: place, limit: length)
        if copied < length {
            (start + place + copied).initializeMemory(as: UInt8.self, repeating: 0, count: length - copied)
        }
    }

    private func store(_ text: String?, at place: Int, limit: Int) {
        guard let text else { return store(UInt8.max, at: place) }
        let copied = copy(text, to: place + 1, limit: limit)
        store(UInt8(truncatingIfNeeded: copied), at: place)
    }

    /// Whole characters only. Returns how many bytes they are.
    @inline(__always)
    private func copy(_ text: borrowing String, to place: Int, limit: Int) -> Int {
        var text = copy text
        return text.withUTF8 { bytes in
            guard let first = bytes.baseAddress else { return 0 }
            var count = min(bytes.count, limit)
            if count < bytes.count { while count > 0, bytes[count] & 0xC0 == 0x80 { count -= 1 } }
            (start + place).copyMemory(from: first, byteCount: count)
            return count
        }
    }

    private func text(at place: Int) -> String? {
        let length: UInt8 = load(place)
        guard length != .max else { return nil }
        return string(at: place + 1, length: Int(min(length, UInt8(LedgerText.limit))))
    }

    private func string(at place: Int, length: Int) -> String {
        String(decoding: bytes(at: place, length: length), as: UTF8.self)
    }

    private func bytes(at place: Int, length: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: start + place, count: length)
    }

    /// J. G. Fletcher's sums, of four lanes of words: where a word stands counts too. Not against an enemy.
    private func checksum(_ range: Range<Int>, seed: UInt64) -> UInt64 {
        var plain = SIMD4<UInt64>(repeating: seed)
        var weighted = SIMD4<UInt64>.zero
        for place in stride(from: range.lowerBound, to: range.upperBound, by: 32) {
            plain &+= start.loadUnaligned(fromByteOffset: place, as: SIMD4<UInt64>.self)
            weighted &+= plain
        }
        var sum = seed
        for lane in 0..<4 {
            sum = (sum ^ sum &>> 29 ^ plain[lane]) &* Self.seed
            sum = (sum ^ sum &>> 31 ^ weighted[lane]) &* Self.seed
        }
        return sum ^ sum &>> 32
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

    fileprivate init?(code: UInt8) {
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
