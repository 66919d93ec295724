import Domain
import Synchronization
import Testing

@testable import Admin

@Suite struct LoginBackoffTests {
    private let here = IPAddress(version4: 0xC000_0201)
    private let there = IPAddress(version4: 0xC000_0202)

    /// Fails so often, as soon as it may each time; returns when the last was.
    private func fail(_ count: Int, _ backoff: inout LoginBackoff, from start: Int64 = 0) -> Int64 {
        var now = start
        for _ in 0..<count {
            now += backoff.wait(of: here, at: now)
            backoff.recordFailure(of: here, at: now)
        }
        return now
    }

    @Test func `four failures cost nothing, each one after that doubles the wait up to a minute`() {
        for (failures, seconds) in [
            (1, 0), (4, 0), (5, 1), (6, 2), (7, 4), (8, 8), (9, 16), (10, 32), (11, 60), (12, 60), (90, 60),
        ] as [(Int, Int64)] {
            var backoff = LoginBackoff()
            let last = fail(failures, &backoff)
            #expect(backoff.wait(of: here, at: last) == seconds * 1000, "\(failures)")
            #expect(backoff.wait(of: here, at: last + seconds * 1000) == 0)
            #expect(backoff.wait(of: there, at: last) == 0)
        }
    }

    @Test func `a success forgets, and so does a quiet time`() {
        var backoff = LoginBackoff()
        var now = fail(10, &backoff)
        backoff.recordSuccess(of: here)
        #expect(backoff.wait(of: here, at: now) == 0 && backoff.count == 0)
        now = fail(10, &backoff, from: now)
        backoff.recordFailure(of: here, at: now + LoginBackoff.memory - 1)
        #expect(backoff.wait(of: here, at: now + LoginBackoff.memory - 1) == LoginBackoff.longest)
        now += 2 * LoginBackoff.memory
        backoff.recordFailure(of: here, at: now)
        #expect(backoff.wait(of: here, at: now) == 0)
    }

    @Test func `addresses of version 6 count by their first 64 bits, those of version 4 whole`() throws {
        var backoff = LoginBackoff()
        for host in 1...5 {
            backoff.recordFailure(of: try #require(IPAddress("2001:db8:0:1::\(host)")), at: 0)
        }
        #expect(backoff.wait(of: try #require(IPAddress("2001:db8:0:1:ffff::")), at: 0) == 1000)
        #expect(backoff.wait(of: try #require(IPAddress("2001:db8:0:2::1")), at: 0) == 0)
        _ = fail(5, &backoff)
        #expect(backoff.wait(of: try #require(IPAddress("::ffff:192.0.2.1")), at: 0) == 1000)
        #expect(backoff.wait(of: there, at: 0) == 0)
        #expect(backoff.wait(of: try #require(IPAddress("::1")), at: 0) == 0)
    }

    @Test func `however many addresses fail, so many are kept, and the latest of them`() {
        var backoff = LoginBackoff()
        _ = fail(5, &backoff)
        for number in 1...UInt32(LoginBackoff.capacity) {
            for _ in 1...5 { backoff.recordFailure(of: IPAddress(version4: number), at: Int64(number)) }
        }
        let now = Int64(LoginBackoff.capacity)
        #expect(backoff.count == LoginBackoff.capacity)
        #expect(backoff.wait(of: here, at: 1) == 0)
        #expect(backoff.wait(of: IPAddress(version4: UInt32(LoginBackoff.capacity)), at: now) == 1000)
        // What would be forgotten anyway gives way first, and at once.
        backoff.recordFailure(of: here, at: now + LoginBackoff.memory)
        #expect(backoff.count == 1)
    }

    @Test func `during the wait a right key is refused like a wrong one, and nothing is counted`() throws {
        let now = Mutex<Int64>(0)
        let gate = LoginGate { now.withLock { $0 } }
        for _ in 1...5 {
            try gate.check(here)
            try gate.conclude(here, isRight: false)
        }
        #expect(throws: Problem.tooManyLogins(seconds: 1)) { try gate.check(here) }
        // These had begun before the fifth failure was known.
        for isRight in [true, false] {
            #expect(throws: Problem.tooManyLogins(seconds: 1)) { try gate.conclude(here, isRight: isRight) }
        }
        try gate.check(there)
        try gate.check(nil)
        try gate.conclude(nil, isRight: false)
        now.withLock { $0 = 999 }
        #expect(throws: Problem.tooManyLogins(seconds: 1)) { try gate.check(here) }
        now.withLock { $0 = 1000 }
        try gate.check(here)
        try gate.conclude(here, isRight: false)
        #expect(throws: Problem.tooManyLogins(seconds: 2)) { try gate.check(here) }
        now.withLock { $0 = 3000 }
        try gate.conclude(here, isRight: true)
        try gate.conclude(here, isRight: false)
        try gate.check(here)
    }
}
