import Domain
import Testing

@testable import Gateway

/// A key as a reader that folds case takes it.
struct JSONKeyNameTests {
    private enum Reading: Equatable {
        case letters(String, isExact: Bool)
        case refused
    }

    private func read(_ content: String) -> Reading {
        Array(content.utf8).withUnsafeBytes { bytes in
            do throws(Rejection) {
                let name = try JSONKeyName(bytes)
                return .letters(
                    name.withLetters { String(decoding: $0, as: UTF8.self) }, isExact: name.isExact)
            } catch {
                return .refused
            }
        }
    }

    @Test(arguments: [
        ("model", "model", true), ("MODEL", "model", false), (#"mod\u0065l"#, "model", true),
        (#"MOD\u0045l"#, "model", false), ("\u{17F}tream", "stream", false),
        (#"\u017ftream"#, "stream", false),
        ("\u{212A}", "k", false), (#"\u212A"#, "k", false), ("é", "", true), (#"x\u00e9"#, "", true),
        ("", "", true),
        (String(repeating: "m", count: 24), String(repeating: "m", count: 24), true),
        (String(repeating: "m", count: 25), "", true),
        (String(repeating: #"\u006d"#, count: 25), "", true),
    ])
    func `it is decoded and folded`(_ content: String, _ letters: String, _ isExact: Bool) {
        #expect(read(content) == .letters(letters, isExact: isExact))
    }

    @Test(arguments: [
        #"model\u0000"#, #"\ud800"#, #"a\ud83dx"#, String(repeating: "x", count: 100) + #"\u0000"#,
        String(repeating: "x", count: 100) + #"\udc00"#,
    ])
    func `what some readers cut short, or read with a hole, is refused`(_ content: String) {
        #expect(read(content) == .refused)
    }

    /// As it was read before: the whole key decoded, then folded.
    private func whole(_ content: String) -> Reading {
        let decoded = Array(content.utf8).withUnsafeBytes { JSONText.decode($0) }
        guard let decoded, !decoded.utf8.contains(0) else { return .refused }
        let scalars = decoded.unicodeScalars.map { scalar -> Unicode.Scalar in
            switch scalar {
            case "A"..."Z": Unicode.Scalar(UInt8(scalar.value) | 0x20)
            case "\u{17F}": "s"
            case "\u{212A}": "k"
            default: scalar
            }
        }
        let folded = String(String.UnicodeScalarView(scalars))
        let isKept = folded.utf8.count <= 24 && folded.unicodeScalars.allSatisfy(\.isASCII)
        return .letters(isKept ? folded : "", isExact: folded == decoded)
    }

    @Test func `a key is read as it is when it is decoded as a whole`() {
        var random = SystemRandomNumberGenerator()
        let parts = [
            "m", "o", "S", "K", "_", "é", "\u{17F}", "\u{212A}", #"\u004d"#, #"\u017f"#, #"\u212a"#, #"\n"#,
            #"\ud83d\ude00"#, #"\ud83d"#, #"\u0000"#, "max_tokens",
        ]
        for _ in 0..<20_000 {
            let content = (0..<Int.random(in: 0...8, using: &random)).map { _ in
                parts[Int.random(in: 0..<parts.count, using: &random)]
            }.joined()
            #expect(read(content) == whole(content), "\(content)")
        }
    }
}
