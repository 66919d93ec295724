import Domain
import NIOCore
import Testing

@testable import Gateway

struct TrustedProxiesTests {
    private let proxies = TrustedProxies(["10.0.0.0/8", "fd00::/8", "192.0.2.1"])

    private func client(_ lines: [String]) -> String {
        proxies.client(behind: IPAddress(version4: 0x0A00_0001), lines.map { $0[...] }).description
    }

    @Test(arguments: [
        (["203.0.113.7"], "203.0.113.7"), (["2001:DB8::7"], "2001:db8::7"),
        // What a client may have made up stands to the left.
        (["6.6.6.6, 203.0.113.7"], "203.0.113.7"), (["10.6.6.6, 203.0.113.7"], "203.0.113.7"),
        (["rubbish, 203.0.113.7"], "203.0.113.7"), (["6.6.6.6", "203.0.113.7"], "203.0.113.7"),
        // Trusted ones are passed over, from line to line.
        (["6.6.6.6, 203.0.113.7, 10.0.0.2"], "203.0.113.7"),
        (["6.6.6.6, 203.0.113.7", "fd00::1, 192.0.2.1", "10.0.0.2"], "203.0.113.7"),
        (["203.0.113.7,::ffff:10.0.0.2"], "203.0.113.7"), (["192.0.2.2, 192.0.2.1"], "192.0.2.2"),
        // Nobody but trusted ones: the first.
        (["10.0.0.3, 10.0.0.2"], "10.0.0.3"), (["fd00::2", "10.0.0.2"], "fd00::2"),
        // Ports and white space.
        (["203.0.113.7:80"], "203.0.113.7"), (["[2001:db8::7]"], "2001:db8::7"),
        (["[2001:db8::7]:65535 ,\t10.0.0.2:1\t"], "2001:db8::7"), (["  203.0.113.7  "], "203.0.113.7"),
        (["::ffff:203.0.113.7"], "203.0.113.7"), (["[::ffff:203.0.113.7]:80"], "203.0.113.7"),
    ])
    func `the client is the last address that is not trusted`(_ lines: [String], _ expected: String) {
        #expect(client(lines) == expected)
    }

    @Test(arguments: [
        "", " ", ",", "unknown", "_hidden", "localhost", "203.0.113.7:", "203.0.113.7:65536",
        "203.0.113.7:080", "203.0.113.7:-1", "203.0.113.7:80:80", "203.0.113.7.", "203.0.113.007",
        "203.0.113.7 10.0.0.3", "203.0.113.7;", "\"203.0.113.7\"", "for=203.0.113.7", "[203.0.113.7]",
        "[203.0.113.7]:80", "[::1", "::1]", "[]", "[]:80", "[::1]80", "[::1]:", "[::1]:x", "[[::1]]",
        "::1%eth0",
        "203.0.113.0/24", "203.0.113.7\u{301}", " \u{301}203.0.113.7", "\u{FFFD}", "2O3.0.113.7",
    ])
    func `what is no address ends the search at the last that was`(_ text: String) {
        #expect(client([text]) == "10.0.0.1")
        #expect(client(["203.0.113.7, \(text)"]) == "10.0.0.1")
        #expect(client(["203.0.113.7", text]) == "10.0.0.1")
        #expect(client(["203.0.113.7, \(text), 10.0.0.2"]) == "10.0.0.2")
        #expect(client(["203.0.113.7", text, "10.0.0.2"]) == "10.0.0.2")
    }

    @Test func `without a line it is the proxy`() { #expect(client([]) == "10.0.0.1") }

    @Test func `32 addresses are looked at, in one line or many`() {
        let trusted = (1...40).map { "10.0.1.\($0)" }
        for depth in [31, 32] {
            let entries = ["203.0.113.7"] + trusted.suffix(depth)
            let expected = depth == 31 ? "203.0.113.7" : "10.0.1.9"
            #expect(client([entries.joined(separator: ",")]) == expected)
            #expect(client(entries) == expected)
        }
        #expect(client(trusted) == "10.0.1.9")
    }

    @Test func `nobody is trusted unless named`() throws {
        for text in ["127.0.0.1", "10.0.0.1", "::1", "fe80::1"] {
            let address = try #require(IPAddress(text))
            #expect(!TrustedProxies([]).contains(address))
            #expect(proxies.contains(address) == (text == "10.0.0.1"))
        }
    }

    @Test(arguments: [
        ("203.0.113.1", "203.0.113.1"), ("10.0.0.1", "203.0.113.7"), ("fd00::1", "203.0.113.7"),
    ])
    func `the router's client is told the same way`(_ socket: String, _ expected: String) throws {
        let socket = try SocketAddress(ipAddress: socket, port: 1)
        #expect(
            proxies.client(connectedFrom: socket, forwardedFor: ["203.0.113.7"])?.description == expected)
        #expect(proxies.client(connectedFrom: nil, forwardedFor: ["203.0.113.7"]) == nil)
    }
}
