import Domain
import Synchronization
import Testing

@testable import Admin

@Suite struct StoreProbeTests {
    /// A store that counts who asks it, and a clock.
    private final class Subject: Sendable {
        struct State {
            var now = Timestamp(seconds: 1_800_000_000)
            var pings = 0
        }
        let state = Mutex(State())
        var pings: Int { state.withLock { $0.pings } }

        func probe() -> StoreProbe {
            StoreProbe(now: { self.state.withLock { $0.now } }) { self.state.withLock { $0.pings += 1 } }
        }
    }

    @Test func `the store is asked once a second, however many want to know`() async {
        let subject = Subject()
        let probe = subject.probe()
        for second in 1...3 {
            await withDiscardingTaskGroup { group in
                for _ in 0..<1000 { group.addTask { await probe.refresh() } }
            }
            #expect(subject.pings == second)
            subject.state.withLock { $0.now = $0.now.adding(milliseconds: StoreProbe.period) }
        }
    }

    @Test func `an answer holds for a second, and not for longer`() async {
        let subject = Subject()
        let probe = subject.probe()
        await probe.refresh()
        subject.state.withLock { $0.now = $0.now.adding(milliseconds: StoreProbe.period - 1) }
        await probe.refresh()
        #expect(subject.pings == 1)
        subject.state.withLock { $0.now = $0.now.adding(milliseconds: 1) }
        await probe.refresh()
        #expect(subject.pings == 2)
    }

    @Test func `a clock that went back does not make an answer hold for ever`() async {
        let subject = Subject()
        let probe = subject.probe()
        await probe.refresh()
        subject.state.withLock { $0.now = $0.now.adding(milliseconds: -3_600_000) }
        await probe.refresh()
        #expect(subject.pings == 2)
    }
}
