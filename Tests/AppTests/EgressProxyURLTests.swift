import Testing
import Vault

@testable import App

/// The proxy in front of all upstreams: libcurl must read it as we do, and its password is shown nowhere.
@Suite struct EgressProxyURLTests {
    private func proxy(_ text: String) throws -> EgressProxyURL {
        try EgressProxyURL(parsing: Secret(utf8: text))
    }

    private func reason(_ text: String) -> String? {
        let error = #expect(throws: InvalidSetting.self, "\(text)") { _ = try proxy(text) }
        return error?.reason
    }

    @Test(
        arguments: [
            ("http://proxy.example.com:3128", "http://proxy.example.com:3128"),
            ("https://proxy.example.com:443/", "https://proxy.example.com:443"),
            ("http://proxy.example.com:80", "http://proxy.example.com:80"),
            ("HTTP://Proxy.Example.com:3128", "http://proxy.example.com:3128"),
            ("socks5://127.0.0.1:1080", "socks5://127.0.0.1:1080"),
            ("socks5h://proxy_1:1080", "socks5h://proxy_1:1080"),
            ("http://[2001:DB8::1]:3128", "http://[2001:db8::1]:3128"),
            ("http://user:hunter2@proxy.test:3128", "http://proxy.test:3128"),
            ("http://hunter2@proxy.test:3128/", "http://proxy.test:3128"),
            ("socks5h://user:p%40%2F%3f%23@proxy.test:1", "socks5h://proxy.test:1"),
        ])
    func `a host and a port are taken, and are all that is shown`(_ text: String, _ shown: String) throws {
        let proxy = try proxy(text)

        #expect(proxy.description == shown)
        #expect(proxy.authority == shown.split(separator: "/").last.map(String.init))
        // libcurl gets all of it.
        #expect(proxy.text.withUnsafeBytes { Array($0) } == Array(text.utf8) + [0])
    }

    @Test(
        arguments: [
            "proxy.test:3128", "://proxy.test:3128", "ftp://proxy.test:3128", "socks4://proxy.test:1080",
            "socks5a://proxy.test:1080", "http:proxy.test:3128", "http:/proxy.test:3128", "http",
        ])
    func `another scheme is refused, and so is none`(_ text: String) {
        #expect(reason(text) == "it must begin with http://, https://, socks5:// or socks5h://")
    }

    @Test(
        arguments: [
            "http://proxy.test", "http://proxy.test:", "http://[::1]", "http://", "http:///", "http://3128",
            "http://user:secret1@proxy", "http://user:secret1@", "http://proxy.test:http",
        ])
    func `a host without a port is refused`(_ text: String) {
        #expect(reason(text) == "it must name a host and a port, as http://proxy.example.com:3128")
    }

    @Test(
        arguments: [
            "http://proxy.test:0", "http://proxy.test:65536", "http://proxy.test:+1", "http://::1:3128",
            "http://:3128", "http://proxy%41.test:3128", "http://[::1:3128", "http://[zz]:3128",
            "http://a:b:1",
        ])
    func `what is no host, or no port, is refused`(_ text: String) {
        #expect(reason(text)?.isEmpty == false)
    }

    @Test(arguments: ["/1", "?1", "#1", "/path:1", "//1", "?query=1"])
    func `a path, a query or a fragment is refused`(_ tail: String) {
        #expect(reason("http://proxy.test:3128\(tail)") == "it must have no path, query or fragment")
    }

    @Test(arguments: ["/", "?", "#", "@"])
    func `a character that would end the password must be escaped`(_ character: String) {
        for text in [
            "http://user:pass\(character)word@proxy.test:3128", "http://u\(character)r@proxy.test:3128",
        ] {
            #expect(
                reason(text)
                    == "a '/', '?', '#' or '@' in its password must be escaped: %2F, %3F, %23, %40")
        }
    }

    @Test(arguments: [
        "http://proxy.test:3128\n", "http://proxy .test:1", "http://u:\\@proxy.test:1", "http://ü:1", "\0",
    ])
    func `control characters, spaces, backslashes and all but ASCII are refused`(_ text: String) {
        #expect(reason(text) == "it must be printable ASCII without spaces or backslashes")
    }

    @Test func `it may have 2048 bytes`() throws {
        let tail = "@proxy.test:3128"
        let longest = "http://" + String(repeating: "p", count: 2048 - 7 - tail.utf8.count) + tail
        #expect(try proxy(longest).description == "http://proxy.test:3128")
        #expect(reason("http://p" + longest.dropFirst(7)) != nil)
    }

    @Test(
        arguments: [
            "ftp://user:hunter2@proxy.test:3128", "http://user:hunter2@proxy.test",
            "http://user:hun/ter2@x:1",
            "http://user:hunter2@proxy.test:0", "http://user:hunter2@proxy.test:1/x",
            "http://user:hunter2 @x:1",
        ])
    func `neither what is shown nor a refusal holds the password`(_ text: String) throws {
        #expect(reason(text)?.contains("ter2") == false)
        let error = #expect(throws: SettingsError.self) {
            _ = try Settings(from: SettingsSource(environment: ["LATCHKEY_UPSTREAM_PROXY": text]))
        }
        let told = try #require(error)
        #expect(told.message.contains("LATCHKEY_UPSTREAM_PROXY"))
        #expect(!told.message.contains("ter2") && told.hint?.contains("ter2") != true)

        let taken = try proxy("http://user:hunter2@proxy.test:3128")
        var dumped = ""
        dump(taken, to: &dumped)
        for shown in ["\(taken)", String(reflecting: taken), dumped] { #expect(!shown.contains("hunter2")) }
    }

    @Test func `an empty setting is none`() throws {
        let settings = try Settings(from: SettingsSource(environment: ["LATCHKEY_UPSTREAM_PROXY": ""]))
        #expect(settings.upstreamProxy == nil)
    }
}
