import Admin
import Domain
import Gateway
import Logging
import Storage
import Telemetry

/// Asks upstreams for the end of the objects that stand at their reservation, and has their rows corrected to
/// what they used: background responses, batches and runs whose clients need not come back.
///
/// Four questions are in flight at most, each when ``ObjectSchedule`` says. What the upstream does not know
/// any more, and what has not ended after ``ObjectSchedule/limit`` of them, stays at its reservation. All it
/// knows is in the store, so it goes on after a restart; a client that sees an end first saves it the
/// question.
struct ObjectFollower: Sendable {
    static let concurrency = 4
    /// Objects of one turn.
    static let turnLimit = 100
    /// The longest pause between two turns: no object is due sooner after its request.
    static let longestPause = Duration.milliseconds(ObjectSchedule.first)
    static let shortestPause = Duration.seconds(1)

    /// What a correction changes beside the store.
    struct Books: Sendable {
        let quotas: QuotaBook
        let metrics: LedgerMetrics
        /// Names the rows that correct others.
        let makeID: @Sendable () -> LedgerID
        /// Receives the owners of the limits that they charge.
        let noteCharged: @Sendable (Set<LimitSubject>) -> Void
    }

    struct Clock: Sendable {
        let now: @Sendable () -> Timestamp
        /// Returns early if the task is cancelled.
        var pause: @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) }
    }

    private let store: Store
    private let inquiry: any ObjectInquiry
    private let books: Books
    private let logger: Logger
    private let clock: Clock
    private let isDraining: @Sendable () -> Bool

    init(
        store: Store, inquiry: any ObjectInquiry, books: Books, logger: Logger, clock: Clock,
        isDraining: @escaping @Sendable () -> Bool = { false }
    ) {
        self.store = store
        self.inquiry = inquiry
        self.books = books
        self.logger = logger
        self.clock = clock
        self.isDraining = isDraining
    }

    /// Until the task is cancelled; nobody is asked while the server stops. What fails is tried again.
    func run() async {
        while !Task.isCancelled {
            var rest = Self.longestPause
            do throws(StoreError) {
                if !isDraining() { try await turn() }
                rest = try await untilNext()
            } catch {
                logger.warning(
                    "background work cannot be followed: the store fails",
                    metadata: ["reason": "\(error.reason)"])
            }
            await clock.pause(rest)
        }
    }

    /// Asks for all that is due, and gives up what is too old.
    func turn() async throws(StoreError) {
        let now = clock.now()
        let due = try await store.duePendingObjects(
            at: now, horizon: now.adding(milliseconds: ObjectSchedule.longest), limit: Self.turnLimit)
        if let failure = await follow(due) { throw failure }
        books.metrics.setPendingObjects(try await store.pendingObjectCount())
    }

    private func untilNext() async throws(StoreError) -> Duration {
        guard let next = try await store.nextPendingObject() else { return Self.longestPause }
        let wait = Duration.milliseconds(next.milliseconds - clock.now().milliseconds)
        return min(Self.longestPause, max(Self.shortestPause, wait))
    }

    private struct Step: Sendable {
        var failure: StoreError?
        /// Of a project whose upstream does not answer.
        var silent: ProjectID?
    }

    /// The objects of an upstream that does not answer wait for their next turn, so that they hold up no
    /// other's.
    private func follow(_ objects: [PendingObject]) async -> StoreError? {
        await withTaskGroup(of: Step.self) { group in
            var rest = objects[...]
            var silent: Set<ProjectID> = []
            var failure: StoreError?
            func begin() {
                guard failure == nil, !Task.isCancelled, let object = rest.popFirst() else { return }
                let asks = !silent.contains(object.project)
                group.addTask { await follow(object, asks: asks) }
            }
            for _ in 0..<Self.concurrency { begin() }
            for await step in group {
                failure = failure ?? step.failure
                if let project = step.silent { silent.insert(project) }
                begin()
            }
            return failure
        }
    }

    private func follow(_ object: PendingObject, asks: Bool) async -> Step {
        var verdict = ObjectVerdict.unasked
        if asks, let path = object.path {
            verdict = await inquiry.ask(path, kind: object.kind, of: object.project)
        }
        do throws(StoreError) {
            try await take(verdict, of: object)
            return Step(silent: verdict == .unanswered ? object.project : nil)
        } catch {
            return Step(failure: error)
        }
    }

    private func take(_ verdict: ObjectVerdict, of object: PendingObject) async throws(StoreError) {
        switch verdict {
        case .ended(let end):
            let result = try await store.endPendingObject(object, as: end, id: books.makeID().correction)
            books.quotas.take(result.adjustments)
            books.metrics.countCorrections(result.corrected)
            if !result.charged.isEmpty { books.noteCharged(result.charged) }
        case .gone, .endedUntold: try await abandon(object)
        case .underWay, .unanswered, .unasked:
            let count = object.attempts + 1
            guard count < ObjectSchedule.limit else { return try await abandon(object) }
            try await store.postpone(object, to: ObjectSchedule.next(after: count, at: clock.now()))
        }
    }

    private func abandon(_ object: PendingObject) async throws(StoreError) {
        try await store.abandon(object)
        books.metrics.countAbandoned(1)
    }
}
