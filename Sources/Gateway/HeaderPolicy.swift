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
    static let requestID: StaticString = "x-latchkey-request-id"
    static let errorReason: StaticString = "x-latchkey-error"

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

    /// Writes the status line and the fields that pass, each as it came. True where Content-Length is among them.
    static func relay(_ head: UpstreamHead, into target: inout ByteBuffer) -> Bool {
        var hasLength = false
        head.lines.withUnsafeReadableBytes { bytes in
            let named = connectionNames(bytes)
            var isStatusLine = true
            forEachLine(bytes) { line in
                guard !isStatusLine else {
                    isStatusLine = false
                    return writeStatusLine(line, head.status, into: &target)
                }
                guard let colon = line.firstIndex(of: 0x3A), isField(line, colon) else { return }
                let name = UnsafeRawBufferPointer(rebasing: line[..<colon])
                let kind = HeaderName(name)
                switch kind {
                case .contentLength: if head.status == 204 { return }
                case .other, .contentType, .contentEncoding, .authorization, .host, .expect:
                    if !named.isEmpty, isNamed(String(decoding: name, as: UTF8.self), by: named) { return }
                case .connection, .transferEncoding, .upgrade, .hopByHop, .clientCredential, .upstreamAccount: return
                }
                hasLength = hasLength || kind == .contentLength
                target.writeBytes(line)
                target.writeStaticString("\r\n")
            }
        }
        return hasLength
    }

    /// The reason phrase is the upstream's; HTTP/2 has none.
    private static func writeStatusLine(
        _ line: UnsafeRawBufferPointer, _ status: Int, into target: inout ByteBuffer
    ) {
        target.writeStaticString("HTTP/1.1")
        let rest = line.firstIndex(of: 0x20).map { UnsafeRawBufferPointer(rebasing: line[$0...]) }
        if let rest, rest.count >= 5, rest.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) {
            target.writeBytes(rest)
        } else {
            target.writeString(" \(status) ")
        }
        target.writeStaticString("\r\n")
    }

    /// Lines end with LF; a CR before it is not part of them.
    private static func forEachLine(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
        var start = 0
        for index in bytes.indices where bytes[index] == 0x0A {
            let end = index > start && bytes[index - 1] == 0x0D ? index - 1 : index
            body(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            start = index + 1
        }
    }

    /// No control characters but tabs in the value, and a name that is a name. libcurl has unfolded nothing.
    private static func isField(_ line: UnsafeRawBufferPointer, _ colon: Int) -> Bool {
        colon > 0 && line[..<colon].allSatisfy { $0 > 0x20 && $0 < 0x7F }
            && line[colon...].allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }

    /// Lower-case names that the answer's Connection fields list, but for the two that name no field.
    private static func connectionNames(_ bytes: UnsafeRawBufferPointer) -> [String] {
        var names: [String] = []
        forEachLine(bytes) { line in
            guard let colon = line.firstIndex(of: 0x3A), colon == 10,
                case .connection = HeaderName(UnsafeRawBufferPointer(rebasing: line[..<colon]))
            else { return }
            let value = String(decoding: line[(colon + 1)...], as: UTF8.self).lowercased()
            names += value.split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }
        }
        return names.filter { $0 != "keep-alive" && $0 != "close" }
    }
}
