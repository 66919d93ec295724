import Domain
import NIOCore
import Upstream

/// What a request carries that has passed through Latchkey: the marks of the servers that it passed, oldest
/// first, in `x-latchkey-hop`. A server refuses what has its own mark, or too many, so that an upstream which
/// leads back here, at once or by way of others, costs one request and not as many as there is room for.
///
/// A mark is a random number of the process and tells nothing of it. OpenAI's own servers, which lead
/// nowhere, are not sent one.
struct LoopMark {
    static let field: StaticString = "x-latchkey-hop"
    /// How many servers a request may pass.
    static let hopLimit = 8

    private let mark: [UInt8]
    /// The whole field of a request that has passed no other server.
    private let line: [UInt8]

    init(_ process: UInt64) {
        mark = Array(String(process, radix: 16).utf8)
        line = Array("\(Self.field): ".utf8) + mark
    }

    /// Throws ``Rejection/loopDetected``.
    func check(_ head: borrowing RequestHead) throws(Rejection) {
        guard head.hasPassedServers else { return }
        var hops = 0
        for field in head.fields where field.name == .hop {
            let isOurs = head.bytes.withUnsafeReadableBytes { bytes in
                let marks = bytes[field.value].split(separator: 0x2C, omittingEmptySubsequences: false)
                hops += marks.count
                return marks.contains { UnsafeRawBufferPointer(rebasing: $0).trimmed.elementsEqual(mark) }
            }
            guard !isOurs, hops < Self.hopLimit else { throw .loopDetected }
        }
    }

    /// Adds the field, with the marks that the request came with; nothing else that its client wrote there.
    func write(_ head: borrowing RequestHead, to upstream: inout UpstreamRequestHead) {
        guard head.hasPassedServers else {
            return line.withUnsafeBytes { upstream.add(lines: $0) }
        }
        var line = Array("\(Self.field): ".utf8)
        head.bytes.withUnsafeReadableBytes { bytes in
            for field in head.fields where field.name == .hop {
                for mark in bytes[field.value].split(separator: 0x2C) {
                    let mark = UnsafeRawBufferPointer(rebasing: mark).trimmed
                    guard (1...16).contains(mark.count), mark.allSatisfy({ JSONText.hexDigit($0) != nil })
                    else {
                        continue
                    }
                    line += mark
                    line += [0x2C, 0x20]
                }
            }
        }
        line += mark
        line.withUnsafeBytes { upstream.add(lines: $0) }
    }
}
