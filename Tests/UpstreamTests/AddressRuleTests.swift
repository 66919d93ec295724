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
        // 6to4, and a network's own translation with prefixes of 48, 56, 64 and 96 bits.
        "2002:a9fe:a9fe::", "2002:a9fe:a9fe::1", "2002:a9fe:a9fe:1:2:3:4:5", "2002:6464:64c8::1",
        "64:ff9b:1:a9fe:a9:fe00::", "64:ff9b:1:a9fe:00a9:fe00:0:1", "64:ff9b:1:00a9:fe:a9fe::",
        "64:ff9b:1:0:a9:fea9:fe00::", "64:ff9b:1::169.254.169.254", "64:ff9b:1:ffff::169.254.169.254",
        "64:ff9b:1:6464:64:c800::",
        // IPv4-translated; Teredo's server and client; ISATAP.
        "::ffff:0:169.254.169.254", "2001:0:a9fe:a9fe:0:0:0:0", "2001:0:102:304:0:0:5601:5601",
        "2001:db8::5efe:169.254.169.254", "fd00::200:5efe:169.254.169.254",
    ])
    func `a link-local or metadata address is forbidden, however it is spelt`(_ text: String) throws {
        #expect(AddressRule.forbids(try octets(text)))
    }

    @Test(arguments: [
        "127.0.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.253.255.255", "169.255.0.0", "1.1.1.1",
        "100.100.100.201", "::1", "fd00:ec2::253", "fd12::1", "fec0::1", "fe7f::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2001:db8::169.254.169.254",
        "2002:a00:1::", "2002:a9fd:a9fe::1", "64:ff9b:1::10.0.0.1", "64:ff9b:1:a9fd:aa:fe00::",
        "64:ff9b:2:a9fe:a9:fe00::", "2001:0:102:304::", "2001:1:a9fe:a9fe::", "2001:db8::5efe:10.0.0.1",
        "2001:db8::5eff:169.254.169.254",
    ])
    func `loopback, private and public addresses are allowed`(_ text: String) throws {
        #expect(!AddressRule.forbids(try octets(text)))
    }

    @Test func `what is no IP address is forbidden`() {
        #expect(AddressRule.forbids([]))
        #expect(AddressRule.forbids([127, 0, 0]))
    }
}
