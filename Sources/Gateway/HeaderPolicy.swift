import Domain
import NIOCore
import NIOHTTP1
import Upstream

/// Which header fields cross the proxy. Everything does, as it is and in its order, but for what this file names.
///
/// Towards the upstream: hop-by-hop fields (RFC 9110 7.6.1, and whatever Connection names) and the client's
/// credentials are left out *before* ours is added, so that no Connection field can take ours away; Host and framing are
/// libcurl's. Towards the client: hop-by-hop fields and what tells of the shared account are left out, and
/// `x-latchkey-request-id` is added.
enum HeaderPolicy {
    static let requestID = "x-latchkey-request-id"
    static let errorReason = "x-latchkey-error"

    static func upstream(_ head: HTTPRequestHead, _ facts: RequestFacts, into target: inout UpstreamRequestHead) {
        for (name, value) in head.headers {
            switch HeaderName(name) {
            case .other, .contentType, .contentEncoding, .upstreamAccount:
                if isNamed(name, by: facts.connectionNames), HeaderName(name) != .contentType { continue }
                target.add(name: name, value: value)
            case .authorization, .host, .connection, .contentLength, .transferEncoding, .expect, .upgrade, .hopByHop,
                .clientCredential:
                continue
            }
        }
    }

    private static func isNamed(_ name: String, by names: [String]) -> Bool {
        !names.isEmpty && names.contains(name.lowercased())
    }

    /// `hasBody`: false for statuses whose answer ends with its head.
    static func downstream(_ head: UpstreamHead, requestID id: RequestID) -> HTTPHeaders {
        var fields = UpstreamFields(head.lines)
        var headers: [(String, String)] = []
        headers.reserveCapacity(16)
        var connectionNames: [String] = []
        while let (name, value) = fields.next() {
            switch HeaderName(name) {
            case .other, .contentType, .contentEncoding, .contentLength, .authorization, .host, .expect:
                headers.append((name, value))
            case .connection:
                if !value.isASCII("keep-alive"), !value.isASCII("close") {
                    connectionNames += value.lowercased().split(separator: ",").map { $0.filter { $0 != " " } }
                }
            case .transferEncoding, .upgrade, .hopByHop, .clientCredential, .upstreamAccount: continue
            }
        }
        if !connectionNames.isEmpty {
            headers.removeAll { isNamed($0.0, by: connectionNames) && HeaderName($0.0) != .contentLength }
        }
        headers.append((requestID, id.description))
        return HTTPHeaders(headers)
    }
}

/// Reads the fields of an upstream's answer out of its raw lines.
struct UpstreamFields {
    private var lines: ByteBuffer

    init(_ lines: ByteBuffer) { self.lines = lines }

    /// Nil at the end. A line without a colon or with a name that is no name is passed over; libcurl has unfolded none.
    mutating func next() -> (name: String, value: String)? {
        while lines.readableBytes > 0 {
            let view = lines.readableBytesView
            let end = view.firstIndex(of: 0x0A).map { $0 + 1 } ?? view.endIndex
            let line = view[view.startIndex..<end]
            lines.moveReaderIndex(forwardBy: line.count)
            guard let colon = line.firstIndex(of: 0x3A), colon > line.startIndex else { continue }
            let name = line[..<colon]
            guard name.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { continue }
            var first = colon + 1
            var last = end
            while last > first, line[last - 1] <= 0x20 { last -= 1 }
            while first < last, line[first] <= 0x20 { first += 1 }
            let value = line[first..<last]
            guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else { continue }
            return (String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
        }
        return nil
    }
}
