import Synchronization
import Testing

@testable import App
@testable import Gateway

@Suite struct ShutdownTests {
    /// What was done, in order, and the timers that were set.
    private final class Witness: Sendable {
        private let done = Mutex<[String]>([])
        private let timers = Mutex<[(seconds: Int, body: @Sendable () -> Void)]>([])

        func makeShutdown() -> Shutdown {
            Shutdown(
                .init(
                    drain: { self.note("drain at \($0.name)") }, cut: { self.note("cut") },
                    end: { self.note("end") }),
                after: { seconds, body in self.timers.withLock { $0.append((seconds, body)) } })
        }

        func fire() { timers.withLock { $0 }.forEach { $0.body() } }
        var times: [Int] { timers.withLock { $0.map(\.seconds) } }
        var log: [String] { done.withLock { $0 } }
        private func note(_ word: String) { done.withLock { $0.append(word) } }
    }

    private let witness = Witness()

    @Test(arguments: [SignalWatch.Signal.terminate, .interrupt, .hangup])
    func `the first signal drains, and sets no bound`(_ signal: SignalWatch.Signal) {
        witness.makeShutdown().stop(signal)

        #expect(witness.log == ["drain at \(signal.name)"])
        #expect(witness.times == [])
    }

    @Test func `the second signal, whichever, cuts off, and the process ends within a bound`() {
        let shutdown = witness.makeShutdown()
        shutdown.stop(.terminate)

        shutdown.stop(.interrupt)

        #expect(witness.log == ["drain at SIGTERM", "cut"])
        #expect(witness.times == [5])
        witness.fire()
        #expect(witness.log == ["drain at SIGTERM", "cut", "end"])
    }

    @Test func `the third signal, and each after it, ends the process at once`() {
        let shutdown = witness.makeShutdown()
        for _ in 1...2 { shutdown.stop(.terminate) }

        for _ in 3...4 { shutdown.stop(.terminate) }

        #expect(witness.log == ["drain at SIGTERM", "cut", "end", "end"])
    }
}

@Suite struct DrainStateTests {
    private func makeDrain(inFlight count: Int) -> DrainState {
        let capacity = Capacity(GatewayLimits())
        for _ in 0..<count { #expect(capacity.beginExchange()) }
        return DrainState(capacity, timeout: .seconds(600)) {
            for _ in 0..<count { capacity.endExchange() }
        }
    }

    @Test func `what is cut off is counted, with its cause`() async {
        let drain = makeDrain(inFlight: 3)
        #expect(drain.cut == nil && drain.count == 3)

        await drain.cutOff(.timeout)

        #expect(drain.cut == DrainState.Cut(cause: .timeout, count: 3))
        #expect(drain.count == 0)
    }

    @Test func `a second signal counts for more than the time, before and after`() async {
        let before = makeDrain(inFlight: 2)
        await before.cutOff(.secondSignal)
        await before.cutOff(.timeout)
        #expect(before.cut == DrainState.Cut(cause: .secondSignal, count: 2))

        let after = makeDrain(inFlight: 2)
        await after.cutOff(.timeout)
        await after.cutOff(.secondSignal)
        #expect(after.cut == DrainState.Cut(cause: .secondSignal, count: 2))
    }
}
