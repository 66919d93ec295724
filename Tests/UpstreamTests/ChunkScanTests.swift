import Testing

@testable import Upstream

struct ChunkScanTests {
    private func isAtEnd(_ text: String, step: Int) -> Bool {
        var scan = ChunkScan()
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: step) {
            bytes[start..<min(start + step, bytes.count)].withUnsafeBytes { unsafe scan.take($0) }
        }
        return scan.isAtEnd
    }

    private static let whole = [
        "0\r\n\r\n", "000\r\n\r\n", "0;a=b\r\n\r\n", "0 \r\n\r\n", "0\n\n", "5\r\nhello\r\n0\r\n\r\n",
        "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "5\r\n0\r\n\r\n\r\n0\r\n\r\n",
        "1\r\n.\r\n0\r\nX-Sum: 0\r\n\r\n", "0\r\nA: b\r\nC: d\r\n\r\n",
    ]

    @Test(arguments: whole, [1, 2, 3, 100])
    func `the end is seen at its last byte and not before`(_ text: String, _ step: Int) {
        #expect(isAtEnd(text, step: step))
        for count in 0..<text.utf8.count {
            #expect(!isAtEnd(String(decoding: text.utf8.prefix(count), as: UTF8.self), step: step))
        }
    }

    @Test(arguments: [
        "9\r\n0\r\n\r\n", "\r\r\r0\r\n\r", "0\r\n\rX\n", "fffffffffffffffffffff0\r\n\r\n", "0\r\nA: b\r\n",
    ])
    func `what has not ended has no end`(_ text: String) {
        for step in 1...10 { #expect(!isAtEnd(text, step: step)) }
    }
}
