import Domain
import Foundation
import Logging
import Storage
import Synchronization
import Telemetry
import Testing

@testable import App
@testable import Gateway
@testable import Storage

/// A store, a journal and a committer between them that waits for nobody but the test.
final class CommitterFixture: Sendable {
    let files: LedgerFiles
    let store: Store
    let journal: Journal
    let quotas: QuotaBook
    let metrics: LedgerMetrics
    let log = LogLines()
    let committer: LedgerCommitter
    /// The sizes of the groups, as their commits begin, and the ids of the last one.
    let groups = Events<[LedgerID]>()
    /// When on, a commit that has begun waits for ``permits``.
    let isHeld = Mutex(false)
    let permits = Events<Void>()
    /// The pauses behind failures, each of which ends by one of ``resumes``, or with the task.
    let retries = Events<Duration>()
    let resumes = Events<Void>()
    let paces = Mutex<[Duration]>([])
    /// When on, the store's files are not there; ``looks`` tells of each look at them.
    let isGone = Mutex(false)
    let looks = Events<Void>()
    /// Whose quotas the commits were about.
    let charged = Mutex<Set<LimitSubject>>([])
    let running: Task<Void, Never>

    /// Several groups of which are less than the journal's places.
    static let groupLimit = 500

    init() async throws {
        let files = try LedgerFiles()
        let store = try await files.createStore()
        let journal = try Journal(path: files.journalPath, slots: 2048)
        let quotas = QuotaBook(defaultPeriods: try #require(CalendarPeriods(timeZone: "UTC")).rule)
        let metrics = LedgerMetrics { journal.slotsInUse }
        let start = ContinuousClock.now
        let (groups, permits, retries, resumes, looks) = (groups, permits, retries, resumes, looks)
        let box = Box()
        committer = LedgerCommitter(
            journal: journal, generation: 1,
            books: LedgerCommitter.Books(
                quotas: quotas, metrics: metrics,
                noteCharged: { charged in box.fixture?.charged.withLock { $0.formUnion(charged) } }),
            sink: LedgerCommitter.Sink(
                checkFiles: { () throws(StoreError) in
                    looks.send(())
                    if box.fixture?.isGone.withLock({ $0 }) == true { throw .replaced(.database) }
                },
                groupLimit: Self.groupLimit,
                append: { group throws(StoreError) in
                    groups.send(group.map(\.id))
                    if box.fixture?.isHeld.withLock({ $0 }) == true { _ = await permits.next() }
                    return try await store.appendLedger(group)
                }),
            logger: log.logger,
            clock: LedgerCommitter.Clock(
                now: { start },
                pause: { duration in
                    guard duration > LedgerCommitter.pace else {
                        box.fixture?.paces.withLock { $0.append(duration) }
                        return
                    }
                    retries.send(duration)
                    _ = await resumes.next()
                }))
        self.files = files
        self.store = store
        self.journal = journal
        self.quotas = quotas
        self.metrics = metrics
        let committer = committer
        let begin = Events<Void>()
        running = Task {
            _ = await begin.next()
            await committer.run()
        }
        box.set(self)
        begin.send(())
    }

    /// Returns when the committer has looked at the files, and drawn its conclusions.
    func look() async {
        for _ in 0..<2 {
            committer.look()
            _ = await looks.next()
        }
    }

    /// Set once, before anything runs.
    private final class Box: Sendable {
        private struct Weak: Sendable { weak var fixture: CommitterFixture? }
        private let value = Mutex(Weak(fixture: nil))
        func set(_ fixture: CommitterFixture) { value.withLock { $0.fixture = fixture } }
        var fixture: CommitterFixture? { value.withLock { $0.fixture } }
    }

    /// Settles as many requests, each of 120 tokens, and puts them in line.
    func settle(
        _ count: Int, object: String? = nil, accounts: AccountPeriods = []
    ) throws -> [Int] {
        let desk = committer.intake.makeDesk()
        let slots = try (0..<count).map { _ in
            let slot = try #require(desk.takeSlot())
            journal.write(try files.entry(desk.makeID(), accounts: accounts), to: slot)
            journal.settle(slot, files.facts(object: object))
            return slot
        }
        for slot in slots { desk.put(slot) }
        return slots
    }

    /// The journal's memory of a slot is not what was written.
    func damage(_ slot: Int) throws {
        let file = try #require(FileHandle(forUpdatingAtPath: files.journalPath))
        try file.seek(toOffset: UInt64(4096 + 1152 * slot + 24))
        try file.write(contentsOf: [1, 2, 3, 4])
        try file.close()
    }

    /// Everything is committed, and the committer has ended.
    func finish() async {
        committer.finish()
        await running.value
    }

    func rows() async throws -> [LedgerRow] { try await store.ledgerRows(limit: 100_000).items }
}

/// What was logged: the level and the message.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            lines.lines.withLock { $0.append("\(event.level): \(event.message)") }
        }
    }
}

/// Sent by one side, awaited by the other, in order.
struct Events<Value: Sendable>: Sendable {
    private let stream: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func send(_ value: Value) { continuation.yield(value) }

    /// nil where the task is cancelled.
    func next() async -> Value? {
        var iterator = stream.makeAsyncIterator()
        return await iterator.next()
    }
}
