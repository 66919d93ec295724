import Domain
import Gateway
import Logging
import Storage
import Telemetry

/// The ledger of a running server: the journal of what is under way, whoever commits its rows, and whoever
/// drops the old ones.
///
/// When it is made, all that a crash left in the journal is in the ledger and in its counters; so those are
/// loaded behind it. From then on it works until ``drain(within:)``.
struct Ledger: Sendable {
    /// How long requests may be sent on after the data folder was deleted, where none is being committed.
    private static let watchInterval = Duration.seconds(1)

    let metrics: LedgerMetrics
    private let committer: LedgerCommitter
    private let committing: Task<Void, Never>
    private let retiring: Task<Void, Never>?
    private let watching: Task<Void, Never>
    private let logger: Logger

    /// `quotas`: where usage that was charged twice is given back. `noteCharged` is told whose
    /// quotas a commit was about.
    init(
        _ settings: Settings, store: Store, quotas: QuotaBook, logger: Logger,
        noteCharged: @escaping @Sendable (Set<LimitSubject>) -> Void = { _ in }
    ) async throws(InstallationError) {
        let path = StoreFile.journal.path(in: settings.dataFolder)
        let journal: Journal
        do {
            journal = try Journal(path: path, slots: settings.journalSlots)
        } catch {
            throw .journal(error, path: path)
        }
        let metrics = LedgerMetrics { journal.slotsInUse }
        let generation: Int64
        do {
            try store.watchJournal()
            generation = try await store.beginGeneration()
            try await journal.recover(into: store, metrics: metrics, logger: logger)
        } catch {
            throw .store(error, folder: settings.dataFolder)
        }
        let committer = LedgerCommitter(
            journal: journal, generation: generation,
            books: LedgerCommitter.Books(quotas: quotas, metrics: metrics, noteCharged: noteCharged),
            sink: LedgerCommitter.Sink(
                checkFiles: { () throws(StoreError) in try store.checkFiles() },
                append: { group throws(StoreError) in try await store.appendLedger(group) }),
            logger: logger)
        self.metrics = metrics
        self.committer = committer
        self.logger = logger
        committing = Task { await committer.run() }
        watching = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.watchInterval)
                committer.look()
            }
        }
        retiring = settings.ledgerRetention.map { age in
            let retention = LedgerRetention(age, store: store, logger: logger, now: Timestamp.now)
            return Task { await retention.run() }
        }
    }

    /// What the data path reserves its places from.
    var intake: LedgerIntake { committer.intake }

    /// Why nothing is dispatched; nil where the ledger can be written.
    var failure: StoreError? { committer.failure }

    /// When the last request is over: returns when all rows are committed, or when `limit` is over and the
    /// store still fails. Then the rest stays in the journal, and the next start writes it down.
    func drain(within limit: Duration = .seconds(10)) async {
        retiring?.cancel()
        watching.cancel()
        await retiring?.value
        committer.finish()
        let deadline = Task {
            try await Task.sleep(for: limit)
            committing.cancel()
        }
        await committing.value
        deadline.cancel()
        let left = intake.journal.slotsInUse
        guard left > 0 else { return }
        logger.warning(
            "requests are left in the journal; the next start writes them down", metadata: ["left": "\(left)"]
        )
    }
}
