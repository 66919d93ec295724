import Testing

@testable import Domain

/// Which texts are origins as browsers send them.
struct CrossOriginsTests {
    private func reason(_ text: String) -> String? {
        do throws(WebOrigin.Malformation) {
            _ = try CrossOrigins(parsing: text)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func `an empty text allows none, a star any`() throws {
        #expect(try CrossOrigins(parsing: "") == CrossOrigins.none)
        #expect(try CrossOrigins(parsing: "*") == .any)
    }

    @Test(arguments: [
        "https://app.example.com", "http://localhost:3000", "http://127.0.0.1:8000", "http://[::1]:3000",
        "https://[2001:db8::1]",
        "chrome-extension://abcdefghijklmnop", "tauri://localhost", "https://xn--bcher-kva.example",
        "http://a_b:1",
        "https://app.example.com:8443", "http://app:443",
    ])
    func `an origin is one`(text: String) throws {
        #expect(try CrossOrigins(parsing: text) == .only([WebOrigin(parsing: text)]))
    }

    @Test func `entries are separated by commas, with spaces around them`() throws {
        let origins = try CrossOrigins(parsing: "https://a.test , http://b.test:1,https://a.test")
        #expect(
            origins
                == .only([
                    try WebOrigin(parsing: "https://a.test"), try WebOrigin(parsing: "http://b.test:1"),
                ]))
    }

    @Test(arguments: [
        ("https://a.test/", "no slash"), ("https://a.test/app", "no slash"), ("https://a.test?x", "no slash"),
        ("https://a.test#x", "no slash"), ("a.test", "a scheme"), ("//a.test", "a scheme"),
        ("https:/a.test", "a scheme"),
        ("localhost:3000", "a scheme"), ("1http://a.test", "a scheme"), ("https://", "host"),
        ("https://:80", "host"),
        ("https://a b.test", "ASCII"), ("https://b\u{FC}cher.test", "ASCII"), ("https://a\u{0}", "ASCII"),
        ("https://user@a.test", "host"), ("https://[::1", "host"), ("https://[::1]x", "host"),
        ("https://[x]", "host"),
        ("HTTPS://a.test", "lower case"), ("https://A.test", "lower case"),
        ("https://a.test:443", "leave the port"),
        ("http://a.test:80", "leave the port"), ("https://a.test:", "port"), ("https://a.test:0", "port"),
        ("https://a.test:65536", "port"), ("https://a.test:+1", "port"), ("https://a.test:01", "port"),
        ("https://*.a.test", "not supported"), ("null", "sandboxed"), ("*,https://a.test", "only entry"),
        ("https://a.test,*", "only entry"), ("https://a.test,", "empty"), (",", "empty"), (" ", "empty"),
        ("https://a.test https://b.test", "ASCII"),
    ])
    func `anything else is refused, and told why`(text: String, words: String) {
        #expect(reason(text)?.contains(words) == true, "\(text): \(reason(text) ?? "taken")")
    }

    @Test func `the entry that is wrong is told`() {
        #expect(
            throws: WebOrigin.Malformation(
                entry: "b", reason: "it must begin with a scheme, as https://app.example.com")
        ) {
            try CrossOrigins(parsing: "https://a.test, b")
        }
    }
}
