import Domain
import Logging
import Storage
import Synchronization
import Testing

@testable import App

/// What becomes of expiries that the data path has seen.
@Suite struct ExpiryRecorderTests {
    private final class Book: Sendable {
        let recorded = Mutex<[AccessTokenID]>([])
        /// What the next calls fail of.
        let failures = Mutex<[StoreError]>([])

        func record(_ id: AccessTokenID, at _: Timestamp) async throws {
            if let failure = failures.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { throw failure }
            recorded.withLock { $0.append(id) }
        }
    }

    private let now = Timestamp(seconds: 1_700_000_000)
    private let first = AccessTokenID(unchecked: "000000000001")
    private let second = AccessTokenID(unchecked: "000000000002")
    private let pauses = Counter()
    private let book = Book()

    private final class Counter: Sendable {
        let count = Mutex(0)
    }

    private func recorder() -> ExpiryRecorder {
        ExpiryRecorder(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) { [pauses] _ in
            pauses.count.withLock { $0 += 1 }
        }
    }

    @Test func `what is seen before it can be recorded waits, each access token once`() async {
        let recorder = recorder()
        for id in [first, second, first] { await recorder.add(id, at: now) }
        #expect(book.recorded.withLock { $0.isEmpty })
        await recorder.start(book.record)
        #expect(book.recorded.withLock { $0 } == [first, second])
        await recorder.add(first, at: now)
        #expect(book.recorded.withLock { $0 } == [first, second, first])
    }

    @Test func `an outage is waited for, and what cannot be recorded is left`() async {
        let recorder = recorder()
        await recorder.start(book.record)
        book.failures.withLock { $0 = [.full, .busy] }
        await recorder.add(first, at: now)
        #expect(pauses.count.withLock { $0 } == 2 && book.recorded.withLock { $0 } == [first])
        book.failures.withLock { $0 = [.notFound] }
        await recorder.add(second, at: now)
        #expect(pauses.count.withLock { $0 } == 2 && book.recorded.withLock { $0 } == [first])
    }
}
