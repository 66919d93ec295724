import Glibc
import Testing

@testable import Upstream

struct AddressRuleTests {
    private func octets(_ text: String) throws -> [UInt8] {
        let family = text.contains(":") ? AF_INET6 : AF_INET
        var octets = [UInt8](repeating: 0, count: family == AF_INET ? 4 : 16)
        try #require(inet_pton(family, text, &octets) == 1)
        return octets
    }

    @Test(arguments: [
        "169.254.0.0", "169.254.169.254", "169.254.255.255", "100.100.100.200", "168.63.129.16",
        "192.0.0.192",
        "fe80::1", "febf:ffff::1", "fd00:ec2::254", "fd20:ce::254",
        "::ffff:169.254.169.254", "::169.254.169.254", "64:ff9b::169.254.169.254", "::ffff:100.100.100.200",
    ])
    func `a link-local or metadata address is forbidden, however it is spelt`(_ text: String) throws {
        #expect(AddressRule.forbids(try octets(text)))
    }

    @Test(arguments: [
        "127.0.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.253.255.255", "169.255.0.0", "1.1.1.1",
        "100.100.100.201", "::1", "fd00:ec2::253", "fd12::1", "fec0::1", "fe7f::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2001:db8::169.254.169.254",
    ])
    func `loopback, private and public addresses are allowed`(_ text: String) throws {
        #expect(!AddressRule.forbids(try octets(text)))
    }

    @Test func `what is no IP address is forbidden`() {
        #expect(AddressRule.forbids([]))
        #expect(AddressRule.forbids([127, 0, 0]))
    }
}
