import Domain
import Glibc
import NIOCore
import Upstream

/// Which header fields cross the proxy. Everything does, as it is and in its order, but for what this file
/// names.
///
/// Towards the upstream: hop-by-hop fields (RFC 9110 7.6.1, and whatever Connection names) and the client's
/// credentials are left out *before* ours is added, so that no Connection field can take ours away; Host and
/// framing are libcurl's. Towards the client: hop-by-hop fields and what tells of the shared account are left
/// out, and `x-latchkey-request-id` is added.
enum HeaderPolicy {
    static let requestID: StaticString = "x-latchkey-request-id"
    static let errorReason: StaticString = "x-latchkey-error"

    static func upstream(_ head: RequestHead, into target: inout UpstreamRequestHead) {
        head.bytes.withUnsafeReadableBytes { bytes in
            // Lines that stand beside each other are copied together.
            var run = 0..<0
            for field in head.fields where passes(field, of: head, bytes) {
                if field.line.lowerBound == run.upperBound + 2, !run.isEmpty {
                    run = run.lowerBound..<field.line.upperBound
                } else {
                    target.add(lines: UnsafeRawBufferPointer(rebasing: bytes[run]))
                    run = field.line
                }
            }
            target.add(lines: UnsafeRawBufferPointer(rebasing: bytes[run]))
        }
    }

    private static func passes(
        _ field: RequestHead.Field, of head: RequestHead, _ bytes: UnsafeRawBufferPointer
    ) -> Bool {
        switch field.name {
        case .contentType: true
        case .other, .contentEncoding, .forwardedFor, .upstreamAccount, .ours:
            head.connectionNames.isEmpty
                || !isNamed(String(decoding: bytes[field.nameRange], as: UTF8.self), by: head.connectionNames)
        case .authorization, .host, .connection, .contentLength, .transferEncoding, .expect, .upgrade,
            .hopByHop, .clientCredential:
            false
        }
    }

    private static func isNamed(_ name: String, by names: [String]) -> Bool {
        !names.isEmpty && names.contains(name.lowercased())
    }

    /// Writes the status line and the fields that pass, each as it came. True where Content-Length is among
    /// them.
    static func relay(_ head: UpstreamHead, into target: inout ByteBuffer) -> Bool {
        let start = target.writerIndex
        var (hasLength, named) = relay(head, without: [], into: &target)
        if !named.isEmpty {
            // Connection may stand behind what it names: once more, knowing it.
            target.moveWriterIndex(to: start)
            (hasLength, _) = relay(head, without: named, into: &target)
        }
        return hasLength
    }

    /// Also tells the fields that the answer's Connection names, in lower case.
    private static func relay(
        _ head: UpstreamHead, without unwanted: [String], into target: inout ByteBuffer
    ) -> (hasLength: Bool, named: [String]) {
        var hasLength = false
        var isChunked = false
        var named: [String] = []
        head.lines.withUnsafeReadableBytes { bytes in
            var lines = HeadLines(bytes)
            if let line = lines.next() {
                writeStatusLine(UnsafeRawBufferPointer(rebasing: bytes[line]), head.status, into: &target)
            }
            // Lines that stand beside each other are copied together.
            var run = 0..<0
            func write() {
                guard !run.isEmpty else { return }
                target.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[run]))
                target.writeStaticString("\r\n")
            }
            while let line = lines.next() {
                guard let field = FieldLine(bytes, line) else { continue }
                let name = UnsafeRawBufferPointer(rebasing: bytes[line.lowerBound..<field.colon])
                switch HeaderName(name) {
                case .contentLength:
                    guard head.status != 204, !hasLength, !unwanted.contains("content-length") else {
                        continue
                    }
                    hasLength = true
                case .other, .contentType, .contentEncoding, .forwardedFor, .authorization, .host, .expect:
                    guard unwanted.isEmpty || !isNamed(String(decoding: name, as: UTF8.self), by: unwanted)
                    else {
                        continue
                    }
                case .connection:
                    named += HeaderName.listed(in: UnsafeRawBufferPointer(rebasing: bytes[field.value]))
                        .filter { $0 != "close" }
                    continue
                case .transferEncoding:
                    isChunked = true
                    continue
                case .upgrade, .hopByHop, .clientCredential, .upstreamAccount, .ours: continue
                }
                if line.lowerBound == run.upperBound + 2, !run.isEmpty {
                    run = run.lowerBound..<line.upperBound
                } else {
                    write()
                    run = line
                }
            }
            write()
        }
        // The body was framed by Transfer-Encoding, whatever length stands beside it (RFC 9112 6.3).
        if isChunked, hasLength { named.append("content-length") }
        return (hasLength, named)
    }

    /// The first Content-Type of an upstream's answer.
    static func contentType(of head: UpstreamHead) -> String? {
        head.lines.withUnsafeReadableBytes { bytes in
            var lines = HeadLines(bytes)
            while let line = lines.next() {
                guard let field = FieldLine(bytes, line),
                    UnsafeRawBufferPointer(rebasing: bytes[line.lowerBound..<field.colon]).equals(
                        "content-type")
                else { continue }
                return String(decoding: bytes[field.value], as: UTF8.self)
            }
            return nil
        }
    }

    /// The reason phrase is the upstream's; HTTP/2 has none.
    private static func writeStatusLine(
        _ line: UnsafeRawBufferPointer, _ status: Int, into target: inout ByteBuffer
    ) {
        target.writeStaticString("HTTP/1.1")
        if let space = line.firstIndex(of: 0x20), line.count - space >= 5, FieldLine.isClean(line) {
            target.writeBytes(UnsafeRawBufferPointer(rebasing: line[space...]))
        } else {
            target.writeString(" \(status) ")
        }
        target.writeStaticString("\r\n")
    }
}

/// Where the lines of a raw message head stand, without their line ends (LF, or CRLF).
private struct HeadLines {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func next() -> Range<Int>? {
        guard let base = bytes.baseAddress,
            let found = memchr(base + position, 0x0A, bytes.count - position)
        else { return nil }
        let start = position
        let feed = UnsafeRawPointer(found) - base
        position = feed + 1
        return start..<(feed > start && bytes[feed - 1] == 0x0D ? feed - 1 : feed)
    }
}
