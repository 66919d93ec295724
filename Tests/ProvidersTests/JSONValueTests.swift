import Domain
import Testing

/// The strict reader of small JSON documents.
struct JSONValueTests {
    @Test func `a document is read as it stands`() throws {
        let value = try JSONValue(
            parsing: Array(#" {"a":[1,-2.5e3,true,null],"é":"\ud83d\ude00\n","a":{}} "#.utf8))

        #expect(
            value
                == .object([
                    .init("a", .array([.number("1"), .number("-2.5e3"), .bool(true), .null])),
                    .init("é", .string("😀\n")), .init("a", .object([])),
                ]))
        #expect(value["a"] == .object([]))
        #expect(value["b"] == nil)
    }

    @Test(arguments: [
        "", " ", "{", "[1,]", #"{"a":1,}"#, "01", "1.", ".5", "-", "1e", "+1", "NaN", "tru", "truex", "nul",
        "'a'", #""a"#,
        #""\x""#, #""\u12""#, #""\ud800""#, #""\ud800\u0041""#, #""\udc00""#, "\"\n\"", "{} {}", "// x",
        #"{"a" 1}"#,
        "{1:2}", "\u{FEFF}1", "[1 2]", #""\"#, "[\"\\",
    ])
    func `what is not JSON is refused`(text: String) {
        #expect(throws: JSONValue.Malformed.self) { try JSONValue(parsing: Array(text.utf8)) }
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        #expect(throws: JSONValue.Malformed.self) { try JSONValue(parsing: [0x22, 0xC3, 0x28, 0x22]) }
    }

    @Test func `depth is bounded`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            [UInt8](repeating: 0x5B, count: depth) + [UInt8](repeating: 0x5D, count: depth)
        }

        _ = try JSONValue(parsing: nested(JSONValue.depthLimit))
        #expect(throws: JSONValue.Malformed.self) { try JSONValue(parsing: nested(JSONValue.depthLimit + 1)) }
        #expect(throws: JSONValue.Malformed.self) {
            try JSONValue(parsing: [UInt8](repeating: 0x5B, count: 1_000_000))
        }
    }
}
