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
        case .other, .contentEncoding, .upstreamAccount, .ours:
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
            if let line = lines.next() { writeStatusLine(line, head.status, into: &target) }
            while let line = lines.next() {
                guard let name = HeadLines.fieldName(line) else { continue }
                switch HeaderName(name) {
                case .contentLength:
                    guard head.status != 204, !hasLength, !unwanted.contains("content-length") else {
                        continue
                    }
                    hasLength = true
                case .other, .contentType, .contentEncoding, .authorization, .host, .expect:
                    guard unwanted.isEmpty || !isNamed(String(decoding: name, as: UTF8.self), by: unwanted)
                    else {
                        continue
                    }
                case .connection:
                    named += connectionNames(line[(name.count + 1)...])
                    continue
                case .transferEncoding:
                    isChunked = true
                    continue
                case .upgrade, .hopByHop, .clientCredential, .upstreamAccount, .ours: continue
                }
                target.writeBytes(line)
                target.writeStaticString("\r\n")
            }
        }
        // The body was framed by Transfer-Encoding, whatever length stands beside it (RFC 9112 6.3).
        if isChunked, hasLength { named.append("content-length") }
        return (hasLength, named)
    }

    private static func connectionNames(_ value: Slice<UnsafeRawBufferPointer>) -> [String] {
        let trimmed = UnsafeRawBufferPointer(rebasing: value.drop { $0 == 0x20 })
        if trimmed.equals("keep-alive") || trimmed.equals("close") { return [] }
        return String(decoding: value, as: UTF8.self).lowercased().split(separator: ",")
            .map { $0.filter { $0 != " " && $0 != "\t" } }
            .filter { $0 != "keep-alive" && $0 != "close" && !$0.isEmpty }
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

/// The lines of a raw message head, without their line ends (LF, or CRLF).
private struct HeadLines {
    private var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    mutating func next() -> UnsafeRawBufferPointer? {
        guard let start = rest.baseAddress, let feed = memchr(start, 0x0A, rest.count) else { return nil }
        var count = UnsafeRawPointer(feed) - start
        let line = rest
        rest = UnsafeRawBufferPointer(rebasing: rest[(count + 1)...])
        if count > 0, line[count - 1] == 0x0D { count -= 1 }
        return UnsafeRawBufferPointer(rebasing: line[..<count])
    }

    /// What stands before the colon; nil where the line holds a byte that may not stand in a field (RFC 9110
    /// 5).
    static func fieldName(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        var index = 0
        while index < line.count, line[index] != 0x3A {
            guard line[index] > 0x20, line[index] < 0x7F else { return nil }
            index += 1
        }
        guard index > 0, index < line.count, FieldLine.isClean(line) else { return nil }
        return UnsafeRawBufferPointer(rebasing: line[..<index])
    }
}
