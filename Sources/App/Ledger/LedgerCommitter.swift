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
    /// All rows in one transaction, or none.
    typealias Append = @Sendable (LedgerGroup) async throws(StoreError) -> LedgerAppend

    static let groupLimit = 10_000
    static let pace = Duration.milliseconds(50)
    private static let firstRetry = Duration.milliseconds(250)
    /// With the second for which the store waits on a locked file, a repair is found within two.
    private static let longestRetry = Duration.seconds(1)

    nonisolated let intake: LedgerIntake
    private nonisolated let currentFailure = Mutex<StoreError?>(nil)
    private nonisolated let wakeUps: AsyncStream<Void>
    private nonisolated let wake: AsyncStream<Void>.Continuation
    private let groupLimit: Int
    private let append: Append
    private let checkFiles: @Sendable () throws(StoreError) -> Void
    private let quotas: QuotaBook
    private let metrics: LedgerMetrics
    private let logger: Logger
    private let noteCharged: @Sendable (Set<LimitSubject>) -> Void
    private let now: @Sendable () -> ContinuousClock.Instant
    private let pause: @Sendable (Duration) async -> Void
    /// Their rows are made as they are committed: in an outage there may be as many as the journal holds.
    private var waiting: [Int] = []
    private var lastCommit: ContinuousClock.Instant?
    private var outageStart: ContinuousClock.Instant?
    private var hasToldUnfollowed = false

    /// `pause` returns early where the task is cancelled. `noteCharged` is told whose quotas a commit was
    /// about.
    init(
        journal: Journal, generation: Int64, quotas: QuotaBook, metrics: LedgerMetrics, logger: Logger,
        groupLimit: Int = LedgerCommitter.groupLimit,
        noteCharged: @escaping @Sendable (Set<LimitSubject>) -> Void = { _ in },
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        pause: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) },
        checkFiles: @escaping @Sendable () throws(StoreError) -> Void = { () throws(StoreError) in },
        append: @escaping Append
    ) {
        let (wakeUps, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.wakeUps = wakeUps
        self.wake = wake
        intake = LedgerIntake(journal: journal, generation: generation) { wake.yield() }
        self.quotas = quotas
        self.metrics = metrics
        self.logger = logger
        self.noteCharged = noteCharged
        self.now = now
        self.pause = pause
        self.groupLimit = groupLimit
        self.append = append
        self.checkFiles = checkFiles
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
            try checkFiles()
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
        let rest = Self.pace - (now() - lastCommit)
        if rest > .zero { await pause(rest) }
    }

    /// False where nothing was in line.
    @discardableResult
    private func commitLine() async -> Bool {
        takeLine()
        guard !waiting.isEmpty else { return false }
        var retry = Self.firstRetry
        while !waiting.isEmpty {
            let group = LedgerGroup(intake.journal, slots: Array(waiting.prefix(groupLimit)))
            lastCommit = now()
            do throws(StoreError) {
                settle(group, try await append(group))
            } catch {
                note(error)
                guard !Task.isCancelled else { return true }
                await pause(retry)
                retry = min(retry * 2, Self.longestRetry)
                takeLine()
            }
        }
        return true
    }

    private func takeLine() {
        waiting += intake.takeLines()
        metrics.setPending(waiting.count)
    }

    private func settle(_ group: LedgerGroup, _ result: LedgerAppend) {
        for slot in group.slots { intake.journal.clear(slot) }
        waiting.removeFirst(group.slots.count)
        metrics.countRows(result.appended)
        metrics.setPending(waiting.count)
        noteDamaged(group.slots.count - result.read)
        take(result)
        if !result.charged.isEmpty { noteCharged(result.charged) }
        endOutage()
    }

    private func noteDamaged(_ count: Int) {
        guard count > 0 else { return }
        metrics.countDamaged(count)
        logger.error(
            "ledger rows are lost: their places in the journal are damaged", metadata: ["rows": "\(count)"])
    }

    /// What objects were charged by other rows than those that limits took it for.
    private func take(_ result: LedgerAppend) {
        quotas.take(result.adjustments)
        metrics.countCorrections(result.corrected)
        guard result.unfollowed > 0 else { return }
        metrics.countAbandoned(result.unfollowed)
        guard !hasToldUnfollowed else { return }
        hasToldUnfollowed = true
        logger.warning(
            "too much background work is followed at once: more of it stays charged at its reservation",
            metadata: ["limit": "\(PendingObject.limit)"])
    }

    // MARK: - Outage

    private func note(_ error: StoreError) {
        metrics.countFailure()
        currentFailure.withLock { $0 = error }
        intake.setWritable(false)
        guard outageStart == nil else { return }
        outageStart = now()
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
            metadata: ["outage": "\((now() - start).components.seconds)s", "waiting": "\(waiting.count)"])
    }
}
