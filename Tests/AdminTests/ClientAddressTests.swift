import Domain
import HTTPTypes
import Testing

@testable import Admin

@Suite struct ClientAddressTests {
    private func base(
        _ listener: String, publicURL: String? = nil, isShared: Bool = true, host: String?,
        path: String = "/manage/tokens"
    ) throws -> String {
        let address = try #require(ListenAddress(listener))
        let clients = ClientAddress(publicURL: publicURL, isAssumed: true, isShared: isShared) { address }
        return clients.baseURL(
            asSeenBy: HTTPRequest(method: .post, scheme: "http", authority: host, path: path))
    }

    @Test func `the public URL is what it is, whatever the listener and the request`() throws {
        let base = try base("0.0.0.0:80", publicURL: "https://llm.example.com", host: "10.0.0.5:80")
        #expect(base == "https://llm.example.com/v1")
    }

    @Test func `without one it is the address of the listener`() throws {
        #expect(try base("10.0.0.5:8080", host: "evil.example") == "http://10.0.0.5:8080/v1")
        #expect(try base("[::1]:8080", host: nil) == "http://[::1]:8080/v1")
    }

    @Test(arguments: ["0.0.0.0:8080", "[::]:8080"])
    func `an address that nobody can open is never told`(_ listener: String) throws {
        #expect(try base(listener, host: "llm.internal:9000") == "http://llm.internal:9000/v1")
        #expect(try base(listener, host: "[2001:db8::1]:9000") == "http://[2001:db8::1]:9000/v1")
        #expect(try base(listener, host: "llm.internal") == "http://llm.internal/v1")
        for host in [nil, "", "a b", "a/b", "a@b", "[::1", "a:b", "x\u{E4}"] {
            #expect(try base(listener, host: host) == "http://localhost:8080/v1")
        }
    }

    @Test func `of a request to the operators' listener only the host is of use`() throws {
        let listener = "0.0.0.0:8080"
        #expect(
            try base(listener, isShared: false, host: "llm.internal:9001") == "http://llm.internal:8080/v1")
        #expect(try base(listener, isShared: false, host: "[::1]:9001") == "http://[::1]:8080/v1")
        #expect(
            try base(listener, isShared: false, host: "llm.internal:443", path: "/claim")
                == "http://llm.internal:443/v1")
    }
}
