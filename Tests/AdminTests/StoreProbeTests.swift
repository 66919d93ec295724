import Domain
import Storage
import Synchronization
import Testing

@testable import Admin

@Suite struct StoreProbeTests {
    /// A store that can be slow or broken, and a clock.
    private final class Subject: Sendable {
        struct State {
            var now = Timestamp(seconds: 1_800_000_000)
            var pings = 0
            var error: StoreError?
        }
        let state = Mutex(State())
        var pings: Int { state.withLock { $0.pings } }

        func probe() -> StoreProbe {
            StoreProbe(now: { self.state.withLock { $0.now } }) { () async throws(StoreError) in
                let error = self.state.withLock { state in
                    state.pings += 1
                    return state.error
                }
                if let error { throw error }
            }
        }
    }

    @Test func `the store is asked once a second, however many want to know`() async {
        let subject = Subject()
        let probe = subject.probe()
        for second in 1...3 {
            await withTaskGroup(of: String.self) { group in
                for _ in 0..<1000 { group.addTask { await probe.result() } }
                for await result in group { #expect(result == "ok") }
            }
            #expect(subject.pings == second)
            subject.state.withLock { $0.now = $0.now.adding(milliseconds: StoreProbe.period) }
        }
    }

    @Test func `what was found holds for a second, good or bad, and the last result asks nobody`() async {
        let subject = Subject()
        let probe = subject.probe()
        #expect(await probe.lastResult == "ok")
        #expect(subject.pings == 0)
        subject.state.withLock { $0.error = .full }
        #expect(await probe.result() == "full")
        subject.state.withLock { $0.error = nil }
        #expect(await probe.result() == "full")
        subject.state.withLock { $0.now = $0.now.adding(milliseconds: StoreProbe.period - 1) }
        #expect(await probe.result() == "full")
        subject.state.withLock { $0.now = $0.now.adding(milliseconds: 1) }
        #expect(await probe.lastResult == "full")
        #expect(await probe.result() == "ok")
        #expect(subject.pings == 2)
    }

    @Test func `a clock that went back does not make an answer hold for ever`() async {
        let subject = Subject()
        let probe = subject.probe()
        _ = await probe.result()
        subject.state.withLock { $0.now = $0.now.adding(milliseconds: -3_600_000) }
        _ = await probe.result()
        #expect(subject.pings == 2)
    }
}
