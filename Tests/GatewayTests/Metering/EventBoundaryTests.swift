import Domain
import NIOCore
import Testing

@testable import Gateway

/// Where a stream of events stands between two of them, and so takes one more.
struct EventBoundaryTests {
    /// True where no event is open behind these bytes, and no line, found in the plainest way.
    private func isBetween(_ bytes: some Sequence<UInt8>) -> Bool {
        var isEventOpen = false
        var line: [UInt8] = []
        var wasReturn = false
        func endLine() {
            if line.isEmpty {
                isEventOpen = false
            } else if line.first != 0x3A {
                isEventOpen = true
            }
            line = []
        }
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let bytes = Array(bytes)
        for byte in bytes.starts(with: mark) ? bytes.dropFirst(3) : bytes[...] {
            if byte == 0x0A, wasReturn {
                wasReturn = false
                continue
            }
            wasReturn = byte == 0x0D
            if byte == 0x0A || byte == 0x0D { endLine() } else { line.append(byte) }
        }
        return !isEventOpen && line.isEmpty
    }

    private static let streams = [
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n: ping\n\ndata: "
            + "{\"choices\":[{\"delta\":{\"content\":\"b\"}}]}\n\n",
        "\u{FEFF}: a\n: b\nevent: x\ndata: {}\ndata\nid: 7\n\n\n\nretry: 1\n\ndata:1\n\n",
        "data: {\"choices\":[{}]}\n\ndata: {\"choices\":[],\"usage\":{}}\n\ndata: {\"choices\":[{}]}\n\n",
        "data: {\"x\":1}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"ü\"}}],\"usage\":null}\n\n",
    ]

    private static var spellings: [[UInt8]] {
        streams.flatMap { stream in
            [[0x0A], [0x0D, 0x0A], [0x0D]].map { end in stream.utf8.flatMap { $0 == 0x0A ? end : [$0] } }
        }
    }

    @Test(arguments: spellings)
    func `it is known behind every byte, in whatever pieces they came`(bytes: [UInt8]) {
        for count in 0...bytes.count {
            for size in [1, 3, max(count, 1)] {
                let meter = UsageMeter(.other, form: .events)
                for start in stride(from: 0, to: count, by: size) {
                    Array(bytes[start..<min(start + size, count)]).withUnsafeBytes { meter.take($0) }
                }
                #expect((meter.nextEvent != nil) == isBetween(bytes.prefix(count)), "\(count) by \(size)")
            }
        }
    }

    /// What is held back or taken out, the client has not seen.
    @Test(arguments: spellings)
    func `where a chunk is taken out, what was sent counts`(bytes: [UInt8]) {
        for count in 0...bytes.count {
            for size in [1, 3, max(count, 1)] {
                var filter = InjectedChunkFilter(.chatCompletions)
                var sent: [UInt8] = []
                for start in stride(from: 0, to: count, by: size) {
                    let piece = ByteBuffer(bytes: bytes[start..<min(start + size, count)])
                    sent += filter.take(piece).readableBytesView
                }
                #expect((filter.nextEvent != nil) == isBetween(sent), "\(count) by \(size)")
            }
        }
    }

    @Test(arguments: [
        ("data: {}\n\ndata: [DONE]\n\n", Endpoint.Kind.chatCompletions),
        ("event: response.completed\ndata: {\"type\":\"response.completed\"}\n\n", .responses),
        ("event: error\ndata: {}\n\n", .responses), ("data: {\"error\":{}}\n\n", .chatCompletions),
    ])
    func `behind a stream's own end nothing more is said`(text: String, kind: Endpoint.Kind) {
        let meter = UsageMeter(kind, form: .events)
        Array(text.utf8).withUnsafeBytes { meter.take($0) }
        #expect(meter.nextEvent == nil)
    }

    @Test func `what is no stream of events takes none`() {
        for form in [UsageMeter.Form.json, .opaque] {
            #expect(UsageMeter(.chatCompletions, form: form).nextEvent == nil)
        }
    }

    @Test func `the next event's number is how many there were`() {
        let meter = UsageMeter(.responses, form: .events)
        #expect(meter.nextEvent == 0)
        for number in 1...3 as ClosedRange<Int64> {
            Array(": x\n\nevent: a\ndata: {}\n\n".utf8).withUnsafeBytes { meter.take($0) }
            #expect(meter.nextEvent == number)
        }
    }
}
