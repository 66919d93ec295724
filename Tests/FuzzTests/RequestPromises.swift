import Domain
import NIOCore

@testable import Gateway

/// A request is read the same however its bytes come, and its head, written anew, reads as before.
///
/// The input's first byte tells where the rest of it is cut in two.
enum RequestPromises {
    static func check(_ input: [UInt8]) throws(BrokenPromise) {
        guard let first = input.first else { return }
        let bytes = input.dropFirst()
        // Small, so that their bounds are met.
        var limits = HeadLimits()
        limits.target = 32
        limits.field = 48
        limits.total = 192
        limits.fieldCount = 6
        let cut = bytes.startIndex + min(Int(first), bytes.count)

        let whole = Reading([bytes], limits)
        let halves = Reading([bytes[..<cut], bytes[cut...]], limits)
        try BrokenPromise.unless(whole == halves, "a request reads the same in two pieces")
        guard let head = whole.head else { return }
        var wide = HeadLimits()
        wide.fieldCount = limits.fieldCount
        let again = Reading([head.bytes[...]], wide)
        try BrokenPromise.unless(again.head == head, "a head written anew reads as before")
        let names = head.fields.map { $0.name.lowercased() }
        let told = names.count { $0 == "content-length" || $0 == "transfer-encoding" }
        try BrokenPromise.unless(told <= 1, "a length is told once")
        try BrokenPromise.unless(names.count { $0 == "host" } <= 1, "a host is told once")
    }

    /// What was read off the pieces, one behind the other.
    private struct Reading: Equatable {
        var head: Head?
        var body: [UInt8] = []
        /// What the request has left behind; only once it has ended.
        var rest: [UInt8]?
        var isRefused = false

        init(_ pieces: [ArraySlice<UInt8>], _ limits: HeadLimits) {
            var input = ByteBuffer()
            var parser = HeadParser(limits)
            var reader: BodyReader?
            do throws(Rejection) {
                for piece in pieces {
                    input.writeBytes(piece)
                    if reader == nil, let head = try parser.next(from: &input) {
                        self.head = Head(head)
                        reader = BodyReader(head.framing)
                    }
                    while let piece = try reader?.next(from: &input) {
                        switch piece {
                        case .bytes(let bytes): body += Array(bytes.readableBytesView)
                        case .end: rest = []
                        }
                    }
                }
                if rest != nil { rest = Array(input.readableBytesView) }
            } catch {
                isRefused = true
                rest = nil
            }
        }
    }

    struct Head: Equatable {
        struct Field: Equatable {
            var name: String
            var value: [UInt8]
        }

        var method: RequestMethod
        var target: String
        var isHTTP11: Bool
        var fields: [Field]
        var framing: RequestHead.Framing
        var keepsAlive: Bool
        var isJSON: Bool

        init(_ head: RequestHead) {
            method = head.method
            target = head.withTarget { String(decoding: $0, as: UTF8.self) }
            isHTTP11 = head.isHTTP11
            fields = head.bytes.withUnsafeReadableBytes { bytes in
                head.fields.map { field in
                    Field(
                        name: String(decoding: bytes[field.nameRange], as: UTF8.self),
                        value: Array(bytes[field.value]))
                }
            }
            framing = head.framing
            keepsAlive = head.keepsAlive
            isJSON = head.isJSON
        }

        /// As another writer would put it.
        var bytes: [UInt8] {
            let version = isHTTP11 ? "HTTP/1.1" : "HTTP/1.0"
            var bytes = Array("\(method.name) \(target) \(version)\r\n".utf8)
            for field in fields { bytes += Array("\(field.name): ".utf8) + field.value + [0x0D, 0x0A] }
            return bytes + [0x0D, 0x0A]
        }
    }
}
