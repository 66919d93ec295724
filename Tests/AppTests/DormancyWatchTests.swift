import Domain
import Logging
import Storage
import Synchronization
import Testing

@testable import App

/// What becomes of access tokens that a start left out when the clock goes back.
@Suite struct DormancyWatchTests {
    private final class Clock: Sendable {
        let now: Mutex<Timestamp>
        let woken = Mutex<[[Timestamp]]>([])
        let isFailing = Mutex(false)
        init(_ now: Timestamp) { self.now = Mutex(now) }
    }

    private let start = Timestamp(seconds: 1_700_000_000)
    private var horizon: Timestamp { start.adding(milliseconds: -Store.dormancy) }

    private func watch(_ clock: Clock) -> DormancyWatch {
        DormancyWatch(
            horizon: horizon, now: { clock.now.withLock { $0 } },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { after, upTo in
            if clock.isFailing.withLock({ $0 }) { throw StoreError.busy }
            clock.woken.withLock { $0.append([after, upTo]) }
            return 1
        }
    }

    @Test func `a clock that goes on, or back by less than a day, wakes nothing`() async {
        let clock = Clock(start)
        let watch = watch(clock)
        for moment in [start, start.adding(milliseconds: 1_000_000_000_000), horizon] {
            clock.now.withLock { $0 = moment }
            #expect(await watch.look(horizon) == horizon)
        }
        #expect(clock.woken.withLock { $0.isEmpty })
    }

    @Test func `a clock that goes back behind the horizon wakes what ended in between, once`() async {
        let clock = Clock(horizon.adding(milliseconds: -1))
        let watch = watch(clock)
        let new = horizon.adding(milliseconds: -1 - Store.dormancy)
        clock.isFailing.withLock { $0 = true }
        // What fails is tried again at the next look.
        #expect(await watch.look(horizon) == horizon)
        clock.isFailing.withLock { $0 = false }
        #expect(await watch.look(horizon) == new)
        #expect(clock.woken.withLock { $0 } == [[new, horizon]])
        #expect(await watch.look(new) == new)
        #expect(clock.woken.withLock { $0.count } == 1)
    }
}
