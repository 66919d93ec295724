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
            case .contentType: target.add(name: name, value: value)
            case .other, .contentEncoding, .upstreamAccount:
                guard !isNamed(name, by: facts.connectionNames) else { continue }
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

    /// Nil at the end. A line without a colon, or with a byte that may not stand in a field, is passed over.
    mutating func next() -> (name: String, value: String)? {
        while lines.readableBytes > 0 {
            let (length, field) = lines.withUnsafeReadableBytes(Self.parse)
            lines.moveReaderIndex(forwardBy: length)
            if let field { return field }
        }
        return nil
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer) -> (Int, (name: String, value: String)?) {
        var end = 0
        var colon = -1
        while end < bytes.count, bytes[end] != 0x0A {
            let byte = bytes[end]
            if byte == 0x3A, colon < 0 { colon = end }
            if byte < 0x20 && byte != 0x09 && byte != 0x0D || byte == 0x7F || (colon < 0 && (byte <= 0x20 || byte > 0x7E)) {
                colon = Int.min
            }
            end += 1
        }
        guard colon > 0 else { return (min(end + 1, bytes.count), nil) }
        var first = colon + 1
        var last = end
        while last > first, bytes[last - 1] <= 0x20 { last -= 1 }
        while first < last, bytes[first] <= 0x20 { first += 1 }
        let name = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[..<colon]), as: UTF8.self)
        let value = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[first..<last]), as: UTF8.self)
        return (min(end + 1, bytes.count), (name, value))
    }
}
