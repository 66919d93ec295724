import Testing

@testable import HTTP

/// Which lines are fields, and what their values are.
struct FieldLineTests {
    private func parts(_ text: String) -> [String]? {
        let bytes = Array("-\(text)-".utf8)
        return bytes.withUnsafeBytes { bytes -> [String]? in
            FieldLine(bytes, 1..<bytes.count - 1).map { field in
                [1..<field.colon, field.value].map { String(decoding: bytes[$0], as: UTF8.self) }
            }
        }
    }

    @Test func `a field is a token, a colon and a value`() {
        #expect(parts("a:b") == ["a", "b"])
        #expect(parts("A-z_0!: \t b\tc d \t") == ["A-z_0!", "b\tc d"])
        #expect(parts("a:") == ["a", ""] && parts("a: \t") == ["a", ""] && parts("a::b:") == ["a", ":b:"])
        #expect(parts("a: ü") == ["a", "ü"])
    }

    @Test(arguments: [
        "", ":", ": a", "a", "a b: c", "a : b", " a: b", "\ta: b", "(a): b", "ü: a", "a: b\u{0}", "a: \u{7F}",
        "a: b\rc", "a: b\nc", "a\u{0}: b", "a: b\r",
    ])
    func `other lines are none`(text: String) { #expect(parts(text) == nil) }

    @Test func `every byte of 0 to 255 is judged alone`() {
        let token = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        for byte in UInt8.min...UInt8.max {
            let name = [byte, 0x3A]
            #expect(name.withUnsafeBytes { FieldLine($0, 0..<2) != nil } == token.contains(byte))
            let isControl = byte < 0x20 && byte != 0x09 || byte == 0x7F
            #expect([byte].withUnsafeBytes { FieldLine.isClean($0) } == !isControl)
        }
    }

    @Test func `a control character is found at every place of a value of every length`() {
        for length in 1...40 {
            for place in 0..<length {
                for byte in [0x00, 0x09, 0x0A, 0x1F, 0x20, 0x7E, 0x7F, 0x80, 0x89, 0x9F, 0xFF] as [UInt8] {
                    for filler in [0x20, 0x61, 0x80, 0xFF] as [UInt8] {
                        var value = [UInt8](repeating: filler, count: length)
                        value[place] = byte
                        let isControl = byte < 0x20 && byte != 0x09 || byte == 0x7F
                        #expect(value.withUnsafeBytes { FieldLine.isClean($0) } == !isControl)
                    }
                }
            }
        }
    }

    @Test func `a list has its members, whatever the case and the white space`() {
        func lists(_ text: String) -> Bool {
            Array(text.utf8).withUnsafeBytes { FieldValue.lists($0, "close") }
        }
        for text in ["close", "CLOSE", " close ", "a,close", "close,a", ",,\tclose\t,", "a , close"] {
            #expect(lists(text), "\(text)")
        }
        for text in ["", ",", "clos", "closed", "not close", "close;a", "\"close\"", "a"] {
            #expect(!lists(text), "\(text)")
        }
    }
}
