import NIOCore
import Testing

@testable import Upstream

/// How many look-ups of a name that is not answered there may be.
struct NameLookupsTests {
    private let long = NameLookups.End.givenUp(after: .seconds(5))

    private func silent(times: Int) -> NameLookups {
        var lookups = NameLookups()
        for _ in 0..<times { lookups.end(long, of: "a.test") }
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

        lookups.end(long, of: "a.test")

        let (after, others) = (begun(&lookups), begun(&lookups, of: "b.test"))
        #expect(after == 1 && others == 10)
        // The next one sees whether it is answered by now.
        lookups.end(long, of: "a.test")
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

    @Test func `a short look-up that is given up says nothing, and its place is free again`() {
        var lookups = NameLookups()
        for _ in 0..<100 { lookups.end(.givenUp(after: .milliseconds(99)), of: "a.test") }
        #expect(lookups.isEmpty)

        lookups = silent(times: NameLookups.limit)
        let first = begun(&lookups)
        lookups.end(.givenUp(after: .zero), of: "a.test")
        let second = begun(&lookups)
        #expect(first == 1 && second == 1)
    }
}
