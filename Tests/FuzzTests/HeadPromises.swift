import Domain
import HTTP
import NIOCore

@testable import Gateway

/// A head, of a request or of a response, reads the same wherever it lies in memory: nothing in front of it
/// or after it is looked at.
///
/// The input's first byte says how many bytes are in front.
enum HeadPromises {
    static func check(_ input: [UInt8]) throws(BrokenPromise) {
        guard let first = input.first else { return }
        let bytes = input.dropFirst()
        let alone = Reading(ByteBuffer(bytes: bytes))
        for filler in [0x00, 0x0A, 0x20, 0x61] as [UInt8] {
            var memory = ByteBuffer(repeating: filler, count: Int(first))
            memory.writeBytes(bytes)
            // The rest of a line, of a head or of an empty line.
            memory.writeBytes([filler, 0x0D, 0x0A, 0x0D, 0x0A])
            guard let head = memory.getSlice(at: Int(first), length: bytes.count) else { continue }
            try BrokenPromise.unless(Reading(head) == alone, "a head reads the same wherever it lies")
        }
    }

    /// What the bytes are as a request's head and as a response's.
    private struct Reading: Equatable {
        private var request: RequestPromises.Head?
        private var rejection: Rejection?
        private var status: Int?
        private var lines: [UInt8] = []
        private var framing: ResponseHead.Framing?
        private var fault: ResponseFault?
        /// How many bytes each has left over.
        private var left: [Int] = []

        init(_ input: ByteBuffer) {
            var requests = input
            var parser = HeadParser(HeadLimits())
            do throws(Rejection) {
                if let head = try parser.next(from: &requests) { request = RequestPromises.Head(head) }
            } catch {
                rejection = error
            }
            var responses = input
            var reader = ResponseReader(toHead: false)
            do throws(ResponseFault) {
                if case .head(let head) = try reader.next(from: &responses) {
                    status = head.status
                    lines = Array(head.lines.readableBytesView)
                    framing = head.framing
                }
            } catch {
                fault = error
            }
            left = [requests.readableBytes, responses.readableBytes]
        }
    }
}
