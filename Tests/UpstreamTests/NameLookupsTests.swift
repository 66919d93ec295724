import Testing

@testable import Upstream

/// How many look-ups of a name that is not answered there may be.
struct NameLookupsTests {
    private let timedOut = NameLookups.End.unanswered(wasAbandoned: false)

    private func silent(times: Int) -> NameLookups {
        var lookups = NameLookups()
        for _ in 0..<times { lookups.end(timedOut, of: "a.test") }
        return lookups
    }

    /// How many of ten requests may begin a look-up.
    private func begun(_ lookups: inout NameLookups, of host: String = "a.test") -> Int {
        var begun = 0
        for _ in 0..<10 where lookups.mayBegin(host) { begun += 1 }
        return begun
    }

    @Test func `a host that goes unanswered is looked up for one request at a time`() {
        var lookups = silent(times: NameLookups.limit - 1)
        let before = begun(&lookups)
        #expect(before == 10)

        lookups.end(timedOut, of: "a.test")

        let (after, others) = (begun(&lookups), begun(&lookups, of: "b.test"))
        #expect(after == 1 && others == 10)
        // The next one sees whether it is answered by now.
        lookups.end(timedOut, of: "a.test")
        let later = begun(&lookups)
        #expect(later == 1)
    }

    @Test func `an answer ends it, and nothing is remembered`() {
        var lookups = silent(times: 2 * NameLookups.limit)
        #expect(!lookups.isEmpty)

        lookups.end(.answered, of: "a.test")

        #expect(lookups.isEmpty)
        let after = begun(&lookups)
        #expect(after == 10)
    }

    @Test func `look-ups whose clients left count at once, and once`() {
        var lookups = NameLookups()
        for _ in 0..<NameLookups.limit { lookups.abandon("a.test") }
        let left = begun(&lookups)
        #expect(left == 1)
        lookups.end(.answered, of: "a.test")

        for _ in 0..<NameLookups.limit - 1 { lookups.abandon("a.test") }
        for _ in 0..<NameLookups.limit - 1 { lookups.end(.unanswered(wasAbandoned: true), of: "a.test") }
        let timedOut = begun(&lookups)
        #expect(timedOut == 10)
    }

    @Test func `a probe whose client left goes on being the only one`() {
        var lookups = silent(times: NameLookups.limit)
        let first = begun(&lookups)
        lookups.abandon("a.test")
        let meanwhile = begun(&lookups)
        lookups.end(.unanswered(wasAbandoned: true), of: "a.test")
        let second = begun(&lookups)
        #expect(first == 1 && meanwhile == 0 && second == 1)
    }

    @Test func `a request that began no look-up says nothing, and its place is free again`() {
        var lookups = NameLookups()
        for _ in 0..<100 { lookups.end(.notBegun, of: "a.test") }
        #expect(lookups.isEmpty)

        lookups = silent(times: NameLookups.limit)
        let first = begun(&lookups)
        lookups.end(.notBegun, of: "a.test")
        let second = begun(&lookups)
        #expect(first == 1 && second == 1)
    }
}
