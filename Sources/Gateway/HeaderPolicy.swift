import Domain
import Glibc
import HTTP
import NIOCore
import Upstream

/// Which header fields cross the proxy. Everything does, as it is and in its order, but for what this file
/// names, and for the marks of ``LoopMark``.
///
/// Towards the upstream: hop-by-hop fields (RFC 9110 7.6.1, and whatever Connection names), the client's
/// credentials, what tells of the way that the request has come (`X-Forwarded-*`, `Via`, `Referer` …) or of
/// another method, and the choice of an account (`OpenAI-Organization`, `OpenAI-Project`: the project's are
/// sent) are left out *before* ours is added, so that no Connection field can take ours away; Host is the
/// transfer's, and framing too; where usage is to be read, the answer is asked for without a content coding.
/// Towards the client: hop-by-hop fields, credentials and what tells of the shared account are left out;
/// `x-latchkey-request-id` and, on a stream of events, `x-accel-buffering` are added.
enum HeaderPolicy {
    static let requestID: StaticString = "x-latchkey-request-id"
    static let errorReason: StaticString = "x-latchkey-error"
    static let outputLimit: StaticString = "x-latchkey-output-limit"

    /// `isMetered`: the response must be readable. `unwanted`: names that do not pass either, in lower case;
    /// at least ``RequestHead/connectionNames``.
    static func upstream(
        _ head: borrowing RequestHead, isMetered: Bool, without unwanted: [String],
        into target: inout UpstreamRequestHead
    ) {
        head.bytes.withUnsafeReadableBytes { bytes in
            // Lines that stand beside each other are copied together.
            var run = 0..<0
            for field in head.fields where passes(field, isMetered, unwanted, bytes) {
                if field.line.lowerBound == run.upperBound + 2, !run.isEmpty {
                    run = run.lowerBound..<field.line.upperBound
                } else {
                    target.add(lines: UnsafeRawBufferPointer(rebasing: bytes[run]))
                    run = field.line
                }
            }
            target.add(lines: UnsafeRawBufferPointer(rebasing: bytes[run]))
        }
        if isMetered { addIdentity(to: &target) }
    }

    /// Asks for an answer without a content coding.
    static func addIdentity(to target: inout UpstreamRequestHead) {
        target.add(lines: UnsafeRawBufferPointer(identity))
    }

    private static let identity: StaticString = "accept-encoding: identity"

    private static func passes(
        _ field: RequestHead.Field, _ isMetered: Bool, _ unwanted: [String], _ bytes: UnsafeRawBufferPointer
    ) -> Bool {
        switch field.name {
        case .contentType: true
        case .acceptEncoding where isMetered: false
        case .accept, .other, .contentEncoding, .acceptEncoding, .requestID, .accelBuffering, .ours:
            unwanted.isEmpty
                || !isNamed(String(decoding: bytes[field.nameRange], as: UTF8.self), by: unwanted)
        case .authorization, .host, .connection, .contentLength, .transferEncoding, .expect, .upgrade,
            .hopByHop, .clientCredential, .forwardedFor, .route, .upstreamAccount, .hop:
            false
        }
    }

    private static func isNamed(_ name: String, by names: [String]) -> Bool {
        !names.isEmpty && names.contains(name.lowercased())
    }

    /// How long what ``relay(_:isChanged:with:isForBrowsers:)`` writes may be: a line of at least two bytes
    /// that ended with a mere LF ends with CRLF, and the status line may get longer.
    static func longestRelay(of head: ResponseHead) -> Int {
        head.lines.readableBytes * 3 / 2 + 64 + bufferingOff.utf8CodeUnitCount
    }

    /// nginx holds a stream back until it has some pages of it, unless told not to.
    private static let bufferingOff: StaticString = "x-accel-buffering: no\r\n"

    /// Writes the status line and the fields that pass, each as it came. `isChanged`: the body will not be
    /// the upstream's, nor as long as it says. `isForBrowsers`: what browsers are told of other origins is
    /// ours to say.
    static func relay(
        _ head: ResponseHead, isChanged: Bool = false, with pen: inout Pen, isForBrowsers: Bool = false
    ) -> RelayedHead {
        let start = pen
        var unwanted = Unwanted(names: isChanged ? ofTheBytes : [], crossOrigin: isForBrowsers)
        var (relayed, named) = relay(head, without: unwanted, with: &pen)
        if !named.isEmpty {
            // Connection may stand behind what it names: once more, knowing it.
            pen = start
            unwanted.names += named
            (relayed, _) = relay(head, without: unwanted, with: &pen)
        }
        if relayed.wantsBufferingOff { pen.put(bufferingOff) }
        return relayed
    }

    /// Fields that are true of the upstream's bytes alone (RFC 9110 8.6, 8.8.3 and 14.3, RFC 9530).
    private static let ofTheBytes = [
        "content-length", "etag", "accept-ranges", "content-md5", "digest", "content-digest", "repr-digest",
    ]

    /// What does not pass of one answer, beside what never does.
    private struct Unwanted {
        /// In lower case.
        var names: [String]
        /// All of the CORS protocol's.
        let crossOrigin: Bool

        var isEmpty: Bool { names.isEmpty && !crossOrigin }

        func contains(_ name: UnsafeRawBufferPointer) -> Bool {
            let prefix: StaticString = "access-control-"
            if crossOrigin, name.count > prefix.utf8CodeUnitCount,
                UnsafeRawBufferPointer(rebasing: name.prefix(prefix.utf8CodeUnitCount)).equals(prefix)
            {
                return true
            }
            return HeaderPolicy.isNamed(String(decoding: name, as: UTF8.self), by: names)
        }
    }

    /// Also tells the fields that the answer's Connection names, in lower case.
    private static func relay(
        _ head: ResponseHead, without unwanted: Unwanted, with pen: inout Pen
    ) -> (head: RelayedHead, named: [String]) {
        var relayed = RelayedHead(status: head.status)
        var isChunked = false
        var named: [String] = []
        head.lines.withUnsafeReadableBytes { bytes in
            var lines = HeadLines(bytes)
            if let line = lines.next() {
                writeStatusLine(UnsafeRawBufferPointer(rebasing: bytes[line]), head.status, with: &pen)
            }
            // Lines that stand beside each other are copied together.
            var run = 0..<0
            func write() {
                guard !run.isEmpty else { return }
                pen.put(UnsafeRawBufferPointer(rebasing: bytes[run]))
                pen.put("\r\n")
            }
            while let line = lines.next() {
                guard let field = FieldLine(bytes, line) else { continue }
                let name = UnsafeRawBufferPointer(rebasing: bytes[line.lowerBound..<field.colon])
                let kind = HeaderName(name)
                switch kind {
                case .contentLength:
                    guard head.status != 204, !relayed.hasLength,
                        unwanted.names.isEmpty || !unwanted.contains(name)
                    else {
                        continue
                    }
                    relayed.hasLength = true
                case .accept, .other, .contentType, .contentEncoding, .acceptEncoding, .requestID,
                    .forwardedFor, .route, .accelBuffering, .host, .expect:
                    note(kind, UnsafeRawBufferPointer(rebasing: bytes[field.value]), in: &relayed)
                    guard unwanted.isEmpty || !unwanted.contains(name) else { continue }
                    if kind == .accelBuffering { relayed.tellsBuffering = true }
                case .connection:
                    named += HeaderName.listed(in: UnsafeRawBufferPointer(rebasing: bytes[field.value]))
                        .filter { $0 != "close" }
                    continue
                case .transferEncoding:
                    isChunked = true
                    continue
                case .upgrade, .hopByHop, .authorization, .clientCredential, .upstreamAccount, .ours, .hop:
                    continue
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
        if isChunked, relayed.hasLength { named.append("content-length") }
        return (relayed, named)
    }

    /// The first of each counts.
    private static func note(
        _ name: HeaderName, _ value: UnsafeRawBufferPointer, in relayed: inout RelayedHead
    ) {
        switch name {
        case .contentType where relayed.form == nil: relayed.form = UsageMeter.Form(contentType: value)
        case .contentEncoding: relayed.isEncoded = relayed.isEncoded || !value.equals("identity")
        case .requestID where relayed.requestID == nil:
            relayed.requestID = String(decoding: value.prefix(LedgerText.limit), as: UTF8.self)
        default: break
        }
    }

    /// The reason phrase is the upstream's; HTTP/2 has none.
    private static func writeStatusLine(
        _ line: UnsafeRawBufferPointer, _ status: Int, with pen: inout Pen
    ) {
        pen.put("HTTP/1.1")
        if let space = line.firstIndex(of: 0x20), line.count - space >= 5, FieldLine.isClean(line) {
            pen.put(UnsafeRawBufferPointer(rebasing: line[space...]))
        } else {
            pen.put(" ")
            pen.put(number: status)
            pen.put(" ")
        }
        pen.put("\r\n")
    }
}

extension UnsafeRawBufferPointer {
    fileprivate init(_ text: StaticString) {
        self.init(start: text.utf8Start, count: text.utf8CodeUnitCount)
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
