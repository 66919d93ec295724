import Foundation

/// Where the end-to-end tests run: one thread of their own, so that they may block on sockets while the
/// server under test keeps all of Swift's own threads.
@globalActor actor EndToEnd {
    static let shared = EndToEnd()
    private static let executor = ThreadExecutor()
    nonisolated var unownedExecutor: UnownedSerialExecutor { Self.executor.asUnownedSerialExecutor() }
}

/// Runs jobs one after another on one thread.
private final class ThreadExecutor: SerialExecutor {
    private final class Jobs {
        var waiting: [UnownedJob] = []
    }

    private let condition = NSCondition()
    /// Guarded by `condition`.
    nonisolated(unsafe) private let jobs = Jobs()

    init() { Thread.detachNewThread { [self] in runForever() } }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        condition.withLock { jobs.waiting.append(job) }
        condition.signal()
    }

    private func runForever() {
        while true {
            condition.lock()
            while jobs.waiting.isEmpty { condition.wait() }
            let job = jobs.waiting.removeFirst()
            condition.unlock()
            job.runSynchronously(on: asUnownedSerialExecutor())
        }
    }
}
