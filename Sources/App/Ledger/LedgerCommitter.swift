import Admin
import Domain
import Gateway
import Logging
import Storage
import Synchronization
import Telemetry

/// Takes settled requests out of the ledger's line and commits their rows, in the order in which they came.
///
/// A commit begins at once where none began within the last ``pace``, and otherwise when that is over: so a
/// single request is written down right away, and under load a commit (with its sync to the disk) is shared
/// by all that came meanwhile, twenty times a second at most. A group has at most ``groupLimit`` rows; what
/// is more follows without a pause. The limit is large, for the slower a disk, the more have to share one
/// sync. A place in the journal is given back when its row is committed, and never before.
///
/// When a commit fails nothing more is dispatched (``LedgerIntake/setWritable(_:)``). The same rows, in the
/// same order, are tried again until they are in; writing them twice does nothing. Where nothing is in line,
/// ``look()`` has it find out whether the store's files are still there, and nothing is dispatched while they
/// are not.
actor LedgerCommitter {
    /// What the rows change beside the store.
    struct Books: Sendable {
        let quotas: QuotaBook
        let metrics: LedgerMetrics
        /// Is told whose quotas a commit was about.
        var noteCharged: @Sendable (Set<LimitSubject>) -> Void = { _ in }
    }

    /// Where the rows go.
    struct Sink: Sendable {
        /// Throws if the store's files are not there any more.
        var checkFiles: @Sendable () throws(StoreError) -> Void = { () throws(StoreError) in }
        /// Rows of one group at most.
        var groupLimit = LedgerCommitter.groupLimit
        /// All rows in one transaction, or none.
        let append: @Sendable (LedgerGroup) async throws(StoreError) -> LedgerAppend
    }

    struct Clock: Sendable {
        var now: @Sendable () -> ContinuousClock.Instant = { .now }
        /// Returns early if the task is cancelled.
        var pause: @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) }
    }

    static let groupLimit = 10_000
    static let pace = Duration.milliseconds(50)
    private static let firstRetry = Duration.milliseconds(250)
    /// With the second for which the store waits on a locked file, a repair is found within two.
    private static let longestRetry = Duration.seconds(1)

    nonisolated let intake: LedgerIntake
    private nonisolated let currentFailure = Mutex<StoreError?>(nil)
    private nonisolated let wakeUps: AsyncStream<Void>
    private nonisolated let wake: AsyncStream<Void>.Continuation
    private let books: Books
    private let sink: Sink
    private let clock: Clock
    private let logger: Logger
    /// Their rows are made as they are committed: in an outage there may be as many as the journal holds.
    private var waiting: [Int] = []
    private var lastCommit: ContinuousClock.Instant?
    private var outageStart: ContinuousClock.Instant?
    private var hasToldUnfollowed = false

    init(
        journal: Journal, generation: Int64, books: Books, sink: Sink, logger: Logger, clock: Clock = Clock()
    ) {
        let (wakeUps, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.wakeUps = wakeUps
        self.wake = wake
        intake = LedgerIntake(journal: journal, generation: generation) { wake.yield() }
        self.books = books
        self.sink = sink
        self.logger = logger
        self.clock = clock
    }

    /// Why the last commit failed; nil where it did not.
    nonisolated var failure: StoreError? { currentFailure.withLock { $0 } }

    /// Until ``finish()``, and then until all that is in line is committed; or until the task is cancelled
    /// and a commit fails.
    func run() async {
        for await _ in wakeUps {
            await keepPace()
            if await !commitLine() { lookAtFiles() }
        }
        await commitLine()
    }

    /// Has ``run()`` see whether the store's files are still there.
    nonisolated func look() { wake.yield() }

    private func lookAtFiles() {
        do throws(StoreError) {
            try sink.checkFiles()
            // Nothing is in line, so nothing else can have begun it.
            endOutage()
        } catch {
            note(error)
        }
    }

    /// Nothing more comes: ``run()`` ends when the line is empty.
    nonisolated func finish() { wake.finish() }

    private func keepPace() async {
        guard let lastCommit else { return }
        let rest = Self.pace - (clock.now() - lastCommit)
        if rest > .zero { await clock.pause(rest) }
    }

    /// False where nothing was in line.
    @discardableResult
    private func commitLine() async -> Bool {
        takeLine()
        guard !waiting.isEmpty else { return false }
        var retry = Self.firstRetry
        while !waiting.isEmpty {
            let group = LedgerGroup(intake.journal, slots: Array(waiting.prefix(sink.groupLimit)))
            lastCommit = clock.now()
            do throws(StoreError) {
                settle(group, try await sink.append(group))
            } catch {
                note(error)
                guard !Task.isCancelled else { return true }
                await clock.pause(retry)
                retry = min(retry * 2, Self.longestRetry)
                takeLine()
            }
        }
        return true
    }

    private func takeLine() {
        waiting += intake.takeLines()
        books.metrics.setPending(waiting.count)
    }

    private func settle(_ group: LedgerGroup, _ result: LedgerAppend) {
        for slot in group.slots { intake.journal.clear(slot) }
        waiting.removeFirst(group.slots.count)
        books.metrics.countRows(result.appended)
        books.metrics.setPending(waiting.count)
        noteDamaged(group.slots.count - result.read)
        take(result)
        if !result.charged.isEmpty { books.noteCharged(result.charged) }
        endOutage()
    }

    private func noteDamaged(_ count: Int) {
        guard count > 0 else { return }
        books.metrics.countDamaged(count)
        logger.error(
            "ledger rows are lost: their places in the journal are damaged", metadata: ["rows": "\(count)"])
    }

    /// What objects were charged by other rows than those that limits took it for.
    private func take(_ result: LedgerAppend) {
        books.quotas.take(result.adjustments)
        books.metrics.countCorrections(result.corrected)
        guard result.unfollowed > 0 else { return }
        books.metrics.countAbandoned(result.unfollowed)
        guard !hasToldUnfollowed else { return }
        hasToldUnfollowed = true
        logger.warning(
            "too much background work is followed at once: more of it stays charged at its reservation",
            metadata: ["limit": "\(PendingObject.limit)"])
    }

    // MARK: - Outage

    private func note(_ error: StoreError) {
        books.metrics.countFailure()
        currentFailure.withLock { $0 = error }
        intake.setWritable(false)
        guard outageStart == nil else { return }
        outageStart = clock.now()
        logger.error(
            "the ledger cannot be written: no request is sent on until it can",
            metadata: error.metadata.merging(["waiting": "\(waiting.count)"]) { $1 })
    }

    private func endOutage() {
        guard let start = outageStart else { return }
        outageStart = nil
        currentFailure.withLock { $0 = nil }
        intake.setWritable(true)
        logger.notice(
            "the ledger is written again",
            metadata: [
                "outage": "\((clock.now() - start).components.seconds)s", "waiting": "\(waiting.count)",
            ])
    }
}
