import Domain
import Testing

@Suite struct ListenAddressTests {
    @Test(arguments: [
        ("127.0.0.1:1", true, false), ("127.9.9.9:1", true, false), ("[::1]:1", true, false),
        ("localhost:1", true, false), ("[::ffff:127.0.0.1]:1", true, false),
        ("127.example.com:1", false, false),
        ("10.0.0.5:1", false, false), ("0.0.0.0:1", false, true), ("[::]:1", false, true),
        ("[::ffff:0.0.0.0]:1", false, true), ("llm.example.com:1", false, false),
    ])
    func `an address is of this machine alone, of all of its addresses, or of one`(
        _ text: String, _ isLoopback: Bool, _ isUnspecified: Bool
    ) throws {
        let address = try #require(ListenAddress(text))
        #expect(address.isLoopback == isLoopback)
        #expect(address.isUnspecified == isUnspecified)
    }
}
