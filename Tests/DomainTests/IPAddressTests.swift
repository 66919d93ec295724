import Testing

@testable import Domain

@Suite struct IPAddressTests {
    @Test(arguments: [
        ("0.0.0.0", "0.0.0.0"), ("192.0.2.1", "192.0.2.1"), ("255.255.255.255", "255.255.255.255"),
        ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:c000:201", "192.0.2.1"),
        ("0:0:0:0:0:ffff:10.0.0.1", "10.0.0.1"),
        ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("::192.0.2.1", "::c000:201"),
        ("2001:0DB8:0:0:0:0:0:1", "2001:db8::1"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("1:0:0:2:3:0:0:4", "1::2:3:0:0:4"),
        ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"), ("fe80::1:0:0", "fe80::1:0:0"),
    ])
    func `an address has one canonical text`(_ text: String, _ canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
    }

    @Test(arguments: [
        "", " ", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "256.1.1.1", "01.2.3.4", "1.2.3.04",
        "+1.2.3.4", "-1.2.3.4", "0x1.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4:80", "1.2.3.4/8", "1.2.3.٤",
        ":", ":::", ":1", "1:", ":1::", "::1:", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
        "1:2:3:4::5:6:7:8", "::12345", "::g", "::+1", "::-1", "[::1]", "::1%eth0", "::1.2.3", "1.2.3.4::",
        "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.4.5", "::01.2.3.4", "localhost", "unknown",
        "1111:2222:3333:4444:5555:6666:255.255.255.2551",
    ])
    func `what is not exactly an address is none`(_ text: String) { #expect(IPAddress(text) == nil) }

    @Test func `octets are 4 or 16`() {
        #expect(IPAddress(octets: [192, 0, 2, 1]) == IPAddress("192.0.2.1"))
        #expect(IPAddress(octets: Array(repeating: 0, count: 15) + [1]) == IPAddress("::1"))
        for count in [0, 3, 5, 15, 17] {
            #expect(IPAddress(octets: Array(repeating: 1, count: count)) == nil)
        }
    }
}

@Suite struct AddressRangeTests {
    @Test(arguments: [
        (
            "10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"],
            ["9.255.255.255", "11.0.0.0", "::a00:0"]
        ),
        ("192.0.2.1", ["192.0.2.1"], ["192.0.2.0", "192.0.2.2"]),
        ("192.0.2.1/32", ["192.0.2.1"], ["192.0.2.0", "192.0.2.2"]),
        ("192.0.2.128/25", ["192.0.2.128", "192.0.2.255"], ["192.0.2.127"]),
        ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255"], ["::", "::1"]),
        ("::ffff:0:0/96", ["0.0.0.0", "255.255.255.255"], ["::", "::1"]),
        ("::ffff:10.0.0.0/104", ["10.1.2.3"], ["11.0.0.0"]),
        ("::/0", ["::", "ffff::"], ["0.0.0.0", "127.0.0.1"]),
        ("fd00::/8", ["fd00::", "fdff:ffff::1"], ["fc00::1", "fe00::1", "253.0.0.1"]),
        ("::1", ["::1"], ["::", "::2", "127.0.0.1"]), ("::1/128", ["::1"], ["::", "::2"]),
    ])
    func `a range holds the addresses that begin alike`(
        _ range: String, _ inside: [String], _ outside: [String]
    ) throws {
        let range = try AddressRange(parsing: range)
        for address in inside { #expect(range.contains(try #require(IPAddress(address)))) }
        for address in outside { #expect(!range.contains(try #require(IPAddress(address)))) }
    }

    @Test(arguments: [
        ("", "it has to begin with an IP address"), ("proxy.test", "it has to begin with an IP address"),
        ("10.0.0/8", "it has to begin with an IP address"), ("/8", "it has to begin with an IP address"),
        ("10.0.0.0/", "what follows '/' has to be a number from 0 to 32"),
        ("10.0.0.0/33", "what follows '/' has to be a number from 0 to 32"),
        ("10.0.0.0/08", "what follows '/' has to be a number from 0 to 32"),
        ("10.0.0.0/+8", "what follows '/' has to be a number from 0 to 32"),
        ("10.0.0.0/255.0.0.0", "what follows '/' has to be a number from 0 to 32"),
        ("fd00::/129", "what follows '/' has to be a number from 0 to 128"),
        ("fd00::/8/8", "what follows '/' has to be a number from 0 to 128"),
        ("10.0.0.1/8", "its address has bits set behind the first 8"),
        ("fd00::1/8", "its address has bits set behind the first 8"),
        ("::1/0", "its address has bits set behind the first 0"),
        ("::ffff:0:0/80", "its address has bits set behind the first 80"),
    ])
    func `what is no range is refused with the reason`(_ text: String, _ reason: String) {
        #expect(throws: AddressRange.Malformed(reason: reason)) { try AddressRange(parsing: text) }
    }
}
