import Domain
import NIOHTTP1
import Testing

@testable import Gateway

struct RequestFactsTests {
    private func facts(
        _ fields: [(String, String)], host: Bool = true, version: HTTPVersion = .http1_1
    ) throws(Rejection) -> RequestFacts {
        let all = (host ? [("Host", "a")] : []) + fields
        return try RequestFacts(
            HTTPRequestHead(version: version, method: .POST, uri: "/", headers: HTTPHeaders(all)))
    }

    @Test func `what concerns us is read in any case of the names`() throws {
        let facts = try facts([
            ("AUTHORIZATION", "x"), ("content-LENGTH", "12"), ("Content-type", "application/vnd.x+JSON; a=b"),
            ("Connection", "Close, X-A ,x-b"), ("Expect", "100-Continue"),
        ])
        #expect(facts.authorization == "x" && facts.contentLength == 12 && facts.isJSON && facts.hasBody)
        #expect(facts.expectsContinue && facts.connectionNames == ["close", "x-a", "x-b"])
    }

    @Test(arguments: [
        [("Authorization", "a"), ("authorization", "b")], [("Host", "b")],
        [("Content-Length", "1"), ("Content-Length", "1")],
        [("Content-Length", "")], [("Content-Length", "-1")], [("Content-Length", "0x1")],
        [("Content-Length", "99999999999999999999")],
        [("Transfer-Encoding", "chunked"), ("Content-Length", "1")],
        [("Transfer-Encoding", "gzip, chunked")], [("Transfer-Encoding", "")],
        [("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")],
    ])
    func `what can be read in two ways is refused`(_ fields: [(String, String)]) {
        #expect(throws: Rejection.self) { try facts(fields) }
    }

    @Test func `HTTP 1_0 may leave Host out, and has no chunks`() throws {
        #expect(throws: Rejection.malformedRequest(.host)) { try facts([], host: false) }
        #expect(try facts([], host: false, version: .http1_0).hasBody == false)
        #expect(throws: Rejection.malformedRequest(.framing)) {
            try facts([("Transfer-Encoding", "chunked")], version: .http1_0)
        }
    }

    @Test func `a compressed JSON body is refused, another is not`() throws {
        let body = [("Content-Length", "1"), ("Content-Encoding", "gzip")]
        #expect(throws: Rejection.contentCodingNotSupported) {
            try facts(body + [("Content-Type", "application/json")])
        }
        #expect(try facts(body + [("Content-Type", "text/plain")]).hasContentEncoding)
        #expect(throws: Rejection.upgradeNotSupported) { try facts([("Upgrade", "websocket")]) }
        #expect(throws: Rejection.expectationFailed) { try facts([("Expect", "x")]) }
    }
}
