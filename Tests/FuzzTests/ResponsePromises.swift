import HTTP
import NIOCore

/// A response is read the same however its bytes come, and nothing after its end is touched.
///
/// The lowest bit of the input's first byte says that the request was HEAD, the others where the rest of it
/// is cut in two.
enum ResponsePromises {
    static func check(_ input: [UInt8]) throws(BrokenPromise) {
        guard let first = input.first else { return }
        let bytes = input.dropFirst()
        let isHead = first & 1 == 1
        let cut = bytes.startIndex + min(Int(first >> 1) * 2, bytes.count)

        let whole = try Reading([bytes], toHead: isHead)
        let halves = try Reading([bytes[..<cut], bytes[cut...]], toHead: isHead)
        try BrokenPromise.unless(whole == halves, "a response reads the same in two parts")
        let dribble = try Reading(bytes.indices.map { bytes[$0...$0] }, toHead: isHead)
        try BrokenPromise.unless(whole == dribble, "a response reads the same byte by byte")

        try BrokenPromise.unless(whole.body.count <= bytes.count, "a body has no more bytes than came")
        guard whole.hasEnded, let left = whole.left else { return }
        let response = bytes.dropLast(left)
        let alone = try Reading([response], toHead: isHead)
        try BrokenPromise.unless(alone.hasEnded && alone.left == 0, "a response needs nothing after its end")
        let short = try Reading([response.dropLast()], toHead: isHead)
        try BrokenPromise.unless(!short.hasEnded, "a response ends with its last byte")
    }

    /// What was read off the parts, and what the end of the connection after them means.
    private struct Reading: Equatable {
        private var lines: [UInt8]?
        private var status: Int?
        private var framing: ResponseHead.Framing?
        private(set) var body: [UInt8] = []
        private(set) var hasEnded = false
        private var isReusable = false
        private var fault: ResponseFault?
        private var faultAtEnd: ResponseFault?
        /// How many bytes the response has left over; nil after a fault.
        private(set) var left: Int?

        init(_ parts: [ArraySlice<UInt8>], toHead isHead: Bool) throws(BrokenPromise) {
            var reader = ResponseReader(toHead: isHead)
            var input = ByteBuffer()
            var came: [UInt8] = []
            for part in parts {
                came += part
                input.writeBytes(part)
                while fault == nil, let piece = next(&reader, &input) {
                    try take(piece)
                    try Self.check(input, isTheEndOf: came)
                }
            }
            try Self.check(input, isTheEndOf: came)
            isReusable = reader.isReusable
            try BrokenPromise.unless(reader.isComplete == hasEnded, "a complete response has ended")
            try BrokenPromise.unless(reader.hasHead == (lines != nil), "a head comes before all else")
            if let fault {
                let left = input.readableBytes
                try BrokenPromise.unless(next(&reader, &input) == nil && self.fault == fault, "a fault stays")
                try BrokenPromise.unless(reader.inputEnded() == fault, "a fault stays at the end")
                try BrokenPromise.unless(input.readableBytes == left, "nothing is consumed after a fault")
                return
            }
            left = input.readableBytes
            let isUntilClose = framing == .untilClose
            faultAtEnd = reader.inputEnded()
            try BrokenPromise.unless(
                (faultAtEnd == nil) == (hasEnded || isUntilClose), "only a complete response may end")
            try BrokenPromise.unless(
                isUntilClose ? !reader.isReusable : true, "a closed connection is closed")
        }

        private mutating func next(
            _ reader: inout ResponseReader, _ input: inout ByteBuffer
        ) -> ResponseReader.Piece? {
            do throws(ResponseFault) {
                return try reader.next(from: &input)
            } catch {
                fault = error
                return nil
            }
        }

        private mutating func take(_ piece: ResponseReader.Piece) throws(BrokenPromise) {
            try BrokenPromise.unless(!hasEnded, "nothing comes after the end")
            switch piece {
            case .head(let head):
                try BrokenPromise.unless(lines == nil, "a response has one head")
                lines = Array(head.lines.readableBytesView)
                status = head.status
                framing = head.framing
            case .body(let bytes):
                try BrokenPromise.unless(lines != nil && framing != ResponseHead.Framing.none, "no body here")
                try BrokenPromise.unless(bytes.readableBytes > 0, "no piece is empty")
                body += bytes.readableBytesView
            case .end:
                try BrokenPromise.unless(lines != nil && framing != .untilClose, "an end needs a head")
                hasEnded = true
            }
        }

        private static func check(_ input: ByteBuffer, isTheEndOf came: [UInt8]) throws(BrokenPromise) {
            let isSame = input.readableBytesView.elementsEqual(came.suffix(input.readableBytes))
            try BrokenPromise.unless(isSame, "what is left is as it came")
        }
    }
}
