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

    @Test func `while an address waits it has a few looks in each second`() {
        var backoff = LoginBackoff()
        let last = fail(11, &backoff)
        for second in 0..<3 {
            let now = last + Int64(second) * 1000
            func looks(_ count: Int, isKnown: Bool, at moment: Int64) -> Int {
                (1...count).count { _ in backoff.takeLook(of: here, isKnown: isKnown, at: now + moment) }
            }
            #expect(looks(50, isKnown: true, at: 1) == LoginBackoff.looksPerSecond)
            #expect(looks(50, isKnown: false, at: 500) == 1)
            // A failure that prolongs the wait gives no more of them.
            backoff.recordFailure(of: here, at: now + 999)
            #expect(looks(50, isKnown: false, at: 1000) == 0)
        }
    }

    private func hash(_ number: UInt64) -> CredentialHash { CredentialHash(number, 0, 0, 0) }

    @Test func `during the wait right keys get in, and guesses at a bounded rate`() throws {
        let now = Mutex<Int64>(0)
        let (old, new, wrong) = (hash(1), hash(2), hash(3))
        let gate = LoginGate(known: [old]) { now.withLock { $0 } }
        func attempt(_ hash: CredentialHash?, isRight: Bool, from client: IPAddress? = nil) throws {
            try gate.conclude(gate.check(client ?? here, hash), isRight: isRight)
        }
        for _ in 1...10 { now.withLock { $0 += 40_000 }; try attempt(wrong, isRight: false) }
        // 32 s to wait. However many guess, the key of an operator gets in.
        var looks = 0
        for _ in 1...1000 where (try? gate.check(here, wrong)) != nil { looks += 1 }
        #expect(looks == 1)
        for _ in 1...10 { try attempt(old, isRight: true) }
        #expect(throws: Problem.tooManyLogins(seconds: 32)) { try gate.check(here, new) }
        #expect(throws: Problem.tooManyLogins(seconds: 32)) { try gate.check(here, nil) }
        // One that was not known gets in when no one else was looked at in this second.
        now.withLock { $0 += 1000 }
        try attempt(new, isRight: true)
        for _ in 1...10 { try attempt(new, isRight: true) }
        #expect(throws: Problem.tooManyLogins(seconds: 31)) { try gate.check(here, wrong) }
        // A key that does not hold any more is like any other.
        try attempt(old, isRight: false)
        #expect(throws: Problem.tooManyLogins(seconds: 60)) { try gate.check(here, old) }
        // Others do not wait, and after the wait a right key ends it.
        try attempt(wrong, isRight: false, from: there)
        now.withLock { $0 += 60_000 }
        try attempt(new, isRight: true)
        for _ in 1...4 { try attempt(wrong, isRight: false) }
        try attempt(wrong, isRight: false)
        #expect(throws: Problem.tooManyLogins(seconds: 1)) { try gate.check(here, nil) }
    }

    @Test func `a key that was just made gets in, whatever others try from its address`() throws {
        let gate = LoginGate { 0 }
        for _ in 1...5 { try gate.conclude(gate.check(here, hash(3)), isRight: false) }
        #expect((try? gate.check(here, hash(3))) != nil)
        #expect(throws: Problem.tooManyLogins(seconds: 1)) { try gate.check(here, hash(2)) }
        gate.note(hash(2))
        try gate.conclude(gate.check(here, hash(2)), isRight: true)
        #expect(throws: Problem.tooManyLogins(seconds: 1)) { try gate.check(here, hash(3)) }
    }

    @Test func `logins at the same time tell no more than those one after another`() throws {
        let gate = LoginGate(known: [hash(1)]) { 0 }
        let attempts = try (0..<1000).map { _ in try gate.check(here, hash(3)) }
        let right = try gate.check(here, hash(1))
        var told = 0
        for attempt in attempts where (try? gate.conclude(attempt, isRight: false)) != nil { told += 1 }
        // Five, and the one look of the wait's first second.
        #expect(told == 6)
        try gate.conclude(right, isRight: true)
        try gate.conclude(gate.check(nil, nil), isRight: false)
    }

    @Test func `so many keys are known, and the latest of them`() {
        var keys = KnownKeys()
        for number in 0...UInt64(KnownKeys.capacity) {
            keys.note(hash(number), isRight: true, at: Int64(number))
        }
        #expect(!keys.contains(hash(0)) && keys.contains(hash(1)))
        keys.note(hash(1), isRight: false, at: 99)
        #expect(!keys.contains(hash(1)))
    }
}
