import Testing

@testable import App

@Suite struct DescriptorLimitTests {
    @Test func `too low a limit is told with its number, the number needed and what to do`() throws {
        let error = try #require(
            #expect(throws: DescriptorLimit.TooLow.self) { try DescriptorLimit.check(24, 56) })

        #expect(error.message == "the limit on open files is 24, and at least 56 are needed")
        #expect(error.hint?.contains("LimitNOFILE=") == true && error.hint?.contains("ulimit -n") == true)
        #expect(throws: Never.self) { try DescriptorLimit.check(56, 56) }
    }

    @Test func `a server needs more for each thread, and more than a command`() {
        let needs = (1...64).map { DescriptorLimit.serverNeed(threads: $0) }

        #expect(needs == needs.sorted() && Set(needs).count == needs.count)
        #expect(needs[0] > DescriptorLimit.commandNeed)
    }
}
