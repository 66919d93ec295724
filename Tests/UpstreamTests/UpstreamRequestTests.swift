import CCurl
import Domain
import NIOCore
import Testing

@testable import Upstream

/// A request as the bytes that leave, whatever the connection takes of them at once.
@Suite struct UpstreamRequestTests {
    private static let secret = Array("Authorization: Bearer sk-1\r\n\r\n".utf8)

    /// Keeps the credential's memory.
    private final class Owner: Sendable {
        nonisolated(unsafe) let bytes: UnsafeMutableRawBufferPointer
        init(_ text: [UInt8]) {
            bytes = .allocate(byteCount: text.count, alignment: 1)
            bytes.copyBytes(from: text)
        }
        deinit { bytes.deallocate() }
    }

    private func target(withKey hasKey: Bool = true, port: UInt16 = 443) -> UpstreamTarget {
        let owner = Owner(Self.secret)
        return UpstreamTarget(
            UpstreamOrigin(scheme: .https, host: "a.test", port: port), basePath: "/v1",
            credential: hasKey
                ? CredentialLines(bytes: UnsafeRawBufferPointer(owner.bytes), owner: owner) : nil)
    }

    private func outgoing(
        _ method: UpstreamRequest.Method, _ body: consuming UpstreamRequest.Body, lines: [String] = [],
        to target: UpstreamTarget? = nil
    ) -> Outgoing {
        let target = target ?? self.target()
        var head = UpstreamRequestHead(ByteBuffer())
        Array("/x?a=b".utf8).withUnsafeBytes { head.begin(method, to: target, $0) }
        for line in lines { Array(line.utf8).withUnsafeBytes { head.add(lines: $0) } }
        var request = UpstreamRequest(to: target, method: method, head: head, body: body)
        return Outgoing(&request)
    }

    /// All that leaves, where at most so many bytes do at once.
    private func bytes(_ outgoing: inout Outgoing, atOnce limit: Int = .max) -> String {
        let parts = UnsafeMutableBufferPointer<iovec>.allocate(capacity: Outgoing.partLimit)
        defer { parts.deallocate() }
        var all: [UInt8] = []
        while !outgoing.isEmpty {
            let count = outgoing.point(parts)
            let next = parts[..<count].flatMap {
                UnsafeRawBufferPointer(start: $0.iov_base, count: $0.iov_len)
            }
            let sent = min(limit, next.count)
            all += next[..<sent]
            _ = outgoing.didSend(sent)
        }
        return String(decoding: all, as: UTF8.self)
    }

    private static let start = " /v1/x?a=b HTTP/1.1\r\nHost: a.test\r\n"

    @Test func `a body is framed as its method and length ask for`() {
        let end = "Authorization: Bearer sk-1\r\n\r\n"
        let bodies: [(UpstreamRequest.Method, String, Outgoing)] = [
            (.get, "", outgoing(.get, .none)), (.head, "", outgoing(.head, .none)),
            (.delete, "", outgoing(.delete, .none)),
            (.post, "Content-Length: 0\r\n", outgoing(.post, .none)),
            (.post, "Content-Length: 12\r\n", outgoing(.post, .streamed(length: 12))),
            (.post, "Transfer-Encoding: chunked\r\n", outgoing(.post, .streamed(length: nil))),
        ]
        for (method, framing, var outgoing) in bodies {
            #expect(bytes(&outgoing) == method.rawValue + Self.start + framing + end)
        }
        var held = outgoing(.post, .held(ByteBuffer(string: "{}")), lines: ["a: 1\r\nb: 2", "", "c:"])
        #expect(
            bytes(&held) == "POST" + Self.start + "a: 1\r\nb: 2\r\nc:\r\nContent-Length: 2\r\n" + end + "{}")
    }

    @Test func `a head without a credential is ended, and a port that is not the scheme's is named`() {
        var plain = outgoing(.get, .none, to: target(withKey: false, port: 8443))
        #expect(bytes(&plain) == "GET /v1/x?a=b HTTP/1.1\r\nHost: a.test:8443\r\n\r\n")
    }

    @Test(arguments: 1...40) func `what leaves is the same in pieces of every size`(_ size: Int) {
        func make() -> Outgoing {
            var outgoing = outgoing(.post, .streamed(length: nil), lines: ["a: 1"])
            for text in ["hello", String(repeating: "w", count: 300)] {
                outgoing.add(ByteBuffer(string: text))
            }
            outgoing.endUpload()
            return outgoing
        }
        var (whole, split) = (make(), make())
        let text = bytes(&whole)
        #expect(
            text.hasSuffix("\r\n\r\n5\r\nhello\r\n12c\r\n\(String(repeating: "w", count: 300))\r\n0\r\n\r\n"))
        #expect(bytes(&split, atOnce: size) == text)
        #expect(split.isEmpty && split.bodyBytes == 0)
    }

    @Test func `an upload of a stated length goes as it came, also more of it than one write takes`() {
        var outgoing = outgoing(.post, .streamed(length: 100))
        for index in 0..<50 { outgoing.add(ByteBuffer(string: String(format: index))) }
        #expect(outgoing.bodyBytes == 100)
        outgoing.endUpload()
        let text = bytes(&outgoing)
        #expect(text.hasSuffix("\r\n\r\n" + (0..<50).map { String(format: $0) }.joined()))
    }

    @Test func `what is dropped is not sent`() {
        var outgoing = outgoing(.post, .held(ByteBuffer(string: "{}")))
        #expect(!outgoing.isEmpty && outgoing.bodyBytes == 2)
        outgoing.drop()
        #expect(outgoing.isEmpty && outgoing.bodyBytes == 0 && bytes(&outgoing) == "")
    }
}

extension String {
    /// Two digits.
    fileprivate init(format number: Int) { self = (number < 10 ? "0" : "") + String(number) }
}
