import Domain
import Testing

/// The characters of a JSON string, one after the other.
struct JSONScalarsTests {
    private func read(_ content: [UInt8]) -> (scalars: [Unicode.Scalar], isMalformed: Bool) {
        content.withUnsafeBytes { bytes in
            var scalars = JSONScalars(bytes)
            var read: [Unicode.Scalar] = []
            while let scalar = scalars.next() { read.append(scalar) }
            return (read, scalars.isMalformed)
        }
    }

    private func decoded(_ content: [UInt8]) -> String? {
        content.withUnsafeBytes { JSONText.decode($0) }
    }

    @Test(arguments: [
        ("", 0), ("abc", 3), (#"\n\t\"\\\/"#, 5), ("你好", 2), (#"\u4f60\u597d"#, 2), (#"\ud83d\ude00"#, 1),
        ("😀é€", 3), (#"\u0000"#, 1),
    ])
    func `each character counts once, however it is spelled`(_ content: String, _ count: Int) {
        let (scalars, isMalformed) = read(Array(content.utf8))
        #expect(scalars.count == count && !isMalformed)
    }

    @Test func `it reads what is decoded as a whole, and stops where that fails`() {
        var random = SystemRandomNumberGenerator()
        let parts: [[UInt8]] = [
            Array("a".utf8), Array("é".utf8), Array("€".utf8), Array("😀".utf8), Array(#"\n"#.utf8),
            Array(#"\u00e9"#.utf8), Array(#"\ud83d\ude00"#.utf8), Array(#"\ud83d"#.utf8),
            Array(#"\ude00"#.utf8),
            Array(#"\x"#.utf8), Array(#"\u12"#.utf8), [0x22], [0x1F], [0x80], [0xC0, 0x80],
            [0xED, 0xA0, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0xFF], [0xC3, 0x28], Array(#"\"#.utf8),
        ]
        for _ in 0..<20_000 {
            // Mostly of what is a text.
            let content = (0..<Int.random(in: 0...6, using: &random)).flatMap { _ in
                parts[Int.random(in: 0..<(Bool.random(using: &random) ? 7 : parts.count), using: &random)]
            }
            let (scalars, isMalformed) = read(content)
            let whole = decoded(content)
            #expect(isMalformed == (whole == nil), "\(content)")
            if let whole { #expect(scalars == Array(whole.unicodeScalars), "\(content)") }
        }
    }
}
