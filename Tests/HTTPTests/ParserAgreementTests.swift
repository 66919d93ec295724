import Foundation
import HTTPSamples
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import HTTP

/// The reader held to another parser: NIO's (llhttp). Ours may refuse more; what both accept, both read
/// alike.
struct ParserAgreementTests {
    private static let rounds = ProcessInfo.processInfo.environment["VERIFY"] == "1" ? 50_000 : 2_000

    /// A response as another parser sees it.
    private struct Message {
        var status: Int?
        var fields: [(name: String, value: String)] = []
        var body: [UInt8] = []
        var hasEnded = false
    }

    @Test func `what both accept, both read alike, and both end at the same byte`() {
        var random = SplitMix64(seed: 9112)
        var ended = 0
        var closed = 0
        for _ in 0..<Self.rounds {
            let isHead = Int.random(in: 0..<8, using: &random) == 0
            let bytes = Self.response(using: &random)
            let ours = Reading([bytes[...]], toHead: isHead)
            guard ours.fault == nil else { continue }
            let message = bytes.prefix(bytes.count - ours.rest.count)
            guard let theirs = Self.theirs(message, toHead: isHead, closes: !ours.hasEnded) else { continue }
            if ours.hasEnded { ended += 1 } else { closed += 1 }
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(theirs.status == ours.status && theirs.body == ours.body && theirs.hasEnded, "\(text)")
            let fields = Self.fields(ours.head ?? [])
            #expect(fields.map(\.name) == theirs.fields.map(\.name), "\(text)")
            #expect(fields.map(\.value) == theirs.fields.map(\.value), "\(text)")
        }
        #expect(ended > Self.rounds / 4 && closed > Self.rounds / 40)
    }

    @Test func `samples that are relayed are read alike`() {
        var count = 0
        for answer in RawAnswers.all {
            let ours = Reading(answer, [answer.bytes[...]])
            guard ours.fault == nil else { continue }
            let message = answer.bytes.prefix(answer.bytes.count - ours.rest.count)
            let isHead = answer.method == "HEAD"
            guard let theirs = Self.theirs(message, toHead: isHead, closes: !ours.hasEnded) else { continue }
            count += 1
            #expect(theirs.status == ours.status && theirs.body == ours.body && theirs.hasEnded, "\(answer)")
            #expect(Self.fields(ours.head ?? []).map(\.value) == theirs.fields.map(\.value), "\(answer)")
        }
        #expect(count > 60)
    }

    // MARK: - NIO's parser

    /// Nil if it refuses the response. It must not end before the last byte.
    private static func theirs(
        _ bytes: ArraySlice<UInt8>, toHead isHead: Bool, closes: Bool
    ) -> Message? {
        let channel = EmbeddedChannel()
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        var message = Message()
        do {
            try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(HTTPResponseDecoder()))
            let request = HTTPRequestHead(version: .http1_1, method: isHead ? .HEAD : .GET, uri: "/")
            try channel.writeOutbound(HTTPClientRequestPart.head(request))
            try channel.writeInbound(ByteBuffer(bytes: bytes.dropLast()))
            try read(channel, &message)
            #expect(
                !message.hasEnded, "the end comes before \(String(decoding: bytes, as: UTF8.self).suffix(9))")
            try channel.writeInbound(ByteBuffer(bytes: bytes.suffix(1)))
            try read(channel, &message)
            if closes {
                #expect(!message.hasEnded)
                channel.pipeline.fireChannelInactive()
                try channel.throwIfErrorCaught()
                try read(channel, &message)
            }
            return message
        } catch {
            return nil
        }
    }

    private static func read(_ channel: EmbeddedChannel, _ message: inout Message) throws {
        while let part = try channel.readInbound(as: HTTPClientResponsePart.self) {
            switch part {
            case .head(let head):
                message.status = Int(head.status.code)
                message.fields = head.headers.map { ($0.name, trimmed($0.value[...])) }
            case .body(let bytes): message.body += bytes.readableBytesView
            case .end: message.hasEnded = true
            }
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        var value = Array(text.utf8)[...].drop(while: isSpace)
        while let last = value.last, isSpace(last) { value.removeLast() }
        return String(decoding: value, as: UTF8.self)
    }

    private static func fields(_ head: [UInt8]) -> [(name: String, value: String)] {
        head.split(separator: 0x0A).dropFirst().map { line in
            let colon = line.firstIndex(of: 0x3A) ?? line.endIndex
            let value = String(decoding: line[colon...].dropFirst().dropLast(), as: UTF8.self)
            return (String(decoding: line[..<colon], as: UTF8.self), trimmed(value[...]))
        }
    }

    // MARK: - Responses

    /// Mostly valid.
    private static func response(using random: inout SplitMix64) -> [UInt8] {
        var text = ""
        func one(_ texts: [String]) -> String { texts.randomElement(using: &random) ?? "" }
        func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }
        if chance(8) { text += one(["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 x\r\nLink: a\r\n\r\n"]) }
        text += one(["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0"])
        text += one([" 200 OK", " 200 ", " 404 Not Found", " 204 x", " 304 x", " 500 a b", " 999 x", " 201"])
        text += "\r\n"
        var lines = (0..<Int.random(in: 0...3, using: &random)).map { _ in
            one([
                "X: y", "x-a:b", "Y:", "Z: \u{E9} ", "Connection: close", "Connection: keep-alive, x",
                "E: \ta b\t",
            ])
        }
        var body = String(repeating: "b\r\n", count: Int.random(in: 0...4, using: &random))
        switch Int.random(in: 0..<8, using: &random) {
        case 0, 1, 2:
            lines.append(
                one(["Content-Length: ", "content-length:", "CONTENT-LENGTH: \t"]) + "\(body.utf8.count)")
            if chance(8) { lines.append("Content-Length: \(body.utf8.count)") }
        case 3, 4, 5, 6:
            lines.append(one(["Transfer-Encoding: chunked", "transfer-encoding:Chunked "]))
            var chunks = ""
            for _ in 0..<Int.random(in: 0...3, using: &random) where !body.isEmpty {
                chunks +=
                    String(body.utf8.count, radix: 16) + one(["", "", ";a=b", ";c"]) + "\r\n\(body)\r\n"
                body = one(["x", "data: {}\n\n", String(repeating: "y", count: 20)])
            }
            body = chunks + one(["0\r\n", "00;x\r\n"]) + one(["", "", "T: u\r\n"]) + "\r\n"
        default: break
        }
        text += lines.shuffled(using: &random).map { $0 + "\r\n" }.joined() + "\r\n" + body
        if chance(4) { text += one(["HTTP/1.1 200 OK\r\n\r\n", "x", "\r\n"]) }
        return mutated(RawAnswer.bytes(text), using: &random)
    }

    private static func mutated(_ bytes: [UInt8], using random: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<max(0, Int.random(in: -2...2, using: &random)) {
            let index = Int.random(in: bytes.indices, using: &random)
            let special: [UInt8] = [0, 9, 10, 13, 32, 44, 48, 49, 58, 59, 127, 200]
            let byte = Bool.random(using: &random) ? special.randomElement(using: &random) : nil
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[index] = byte ?? .random(in: 0...255, using: &random)
            case 1: bytes.insert(byte ?? .random(in: 0...255, using: &random), at: index)
            default: bytes.remove(at: index)
            }
        }
        return bytes
    }
}
