import Domain
import Testing

@Suite struct UpstreamURLTests {
    @Test(arguments: [
        ("https://api.openai.com/v1", "https://api.openai.com/v1"),
        ("https://api.openai.com", "https://api.openai.com/v1"),
        ("https://api.openai.com/", "https://api.openai.com/v1"),
        ("HTTPS://API.OpenAI.com:443/v1/", "https://api.openai.com/v1"),
        ("http://127.0.0.1:9000/openai/v1", "http://127.0.0.1:9000/openai/v1"),
        ("http://[::1]:8080", "http://[::1]:8080/v1"),
        ("dummy:", "dummy:"),
    ])
    func `a base URL is parsed into its canonical text, which parses to the same`(
        text: String, canonical: String
    ) throws {
        let url = try UpstreamURL(parsing: text)
        #expect(url.description == canonical)
        #expect(try UpstreamURL(parsing: canonical) == url)
    }

    @Test(arguments: [
        "", "api.openai.com", "ftp://host/v1", "https://", "https:///v1", "https://user@host/v1",
        "https://h/v1?x=1",
        "https://h/v1#x", "https://h/a//b", "https://h/a/../b", "https://h/./b", "https://h/%2e%2e/b",
        "https://h:0/v1",
        "https://h:70000/v1", "https://h:+80/v1", "https://h:/v1", "https://h\\evil/v1", "https://h ost/v1",
        "https://[::1/v1", "https://ho\u{0}st/v1", "https://hö.example/v1", "dummy:x", "https://h;x/v1",
    ])
    func `what could mean another place than it seems is refused`(text: String) {
        #expect(throws: UpstreamURL.Malformed.self) { try UpstreamURL(parsing: text) }
    }

    @Test(arguments: [
        ("https://a.test:443/v1", "a.test"), ("http://a.test:443", "a.test:443"), ("http://A.test", "a.test"),
        ("https://[::1]", "[::1]"), ("https://[::1]:8080", "[::1]:8080"),
    ])
    func `the authority has a port where it is not the scheme's own`(text: String, authority: String) throws {
        guard case .remote(let origin, _) = try UpstreamURL(parsing: text) else {
            Issue.record("not remote")
            return
        }
        #expect(origin.authority == authority)
    }

    @Test func `the origin keeps scheme, host and port apart`() throws {
        let expected = UpstreamOrigin(scheme: .http, host: "example.test", port: 8080)
        #expect(try UpstreamURL(parsing: "http://example.test:8080/x") == .remote(expected, basePath: "/x"))
    }
}
