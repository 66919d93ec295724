import Domain
import Testing

@testable import Gateway

/// What is read of a held body, and which bodies are refused because two parsers could read two things.
struct BodyPeekTests {
    private func peek(_ body: some Sequence<UInt8>) throws(Rejection) -> BodyPeek {
        try Array(body).withUnsafeBytes { bytes in
            Result { () throws(Rejection) in try BodyPeek.peek(bytes) }
        }.get()
    }

    private func peek(_ body: String) throws(Rejection) -> BodyPeek { try peek(body.utf8) }

    private func rejection(of body: some Sequence<UInt8>) -> Rejection? {
        do throws(Rejection) {
            _ = try peek(body)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        arguments: [
            (#"{"model":"gpt-4o","stream":true}"#, "gpt-4o", true),
            (#" { "stream" : false , "x":[{"model":"no"}], "model" : "m" } "#, "m", false),
            ("{\r\n\t\"model\":\"m\"\n}\n", "m", nil),
            (#"{"mod\u0065l":"a\/b\"\\\u00e9\ud83d\ude00€","\u0073tream":true}"#, "a/b\"\\é😀€", true),
            (#"{"messages":[{"content":"\"model\":\"no\",{[\\"}],"model":"yes"}"#, "yes", nil),
            (#"{"a":{"stream":true,"model":"no"},"model":"yes"}"#, "yes", nil),
            (#"{"model":1,"stream":"true"}"#, nil, nil), (#"{"model":null,"stream":1}"#, nil, nil),
            (#"{"model":["a"],"stream":{"stream":true}}"#, nil, nil), (#"{"model":""}"#, "", nil),
            ("{}", nil, nil),
            ("", nil, nil), (" \r\n\t", nil, nil), (#"{"a":[],"b":{},"c":[[],{}],"d":-1.5e+3}"#, nil, nil),
            (#"{"":1,"models":"x","mode":"y","é":2,"x\n":3,"streams":true}"#, nil, nil),
        ] as [(String, String?, Bool?)])
    func `the keys of the top level are read, wherever they stand`(
        body: String, model: String?, stream: Bool?
    ) throws {
        let peek = try peek(body)

        #expect(peek.model == model)
        #expect(peek.stream == stream)
    }

    @Test(arguments: [
        #"{"Model":"m","STREAM":true}"#, #"{"MODE\u004c":"m","\u017ftream":true}"#, "{\"\u{17F}tream\":true}",
    ])
    func `only the exact spelling gives a value`(body: String) throws {
        #expect(try peek(body) == BodyPeek())
    }

    @Test(arguments: [
        (#"{"model":"a","model":"a"}"#, "model"), (#"{"model":"a","x":1,"Model":"b"}"#, "model"),
        (#"{"MODEL":"a","mod\u0065l":"b"}"#, "model"), (#"{"m\u004fdel":"a","model":"b"}"#, "model"),
        (#"{"stream":true,"stream":false}"#, "stream"), (#"{"stream":true,"\u017Ftream":false}"#, "stream"),
        ("{\"\u{17F}TREAM\":true,\"stream\":false}", "stream"), (#"{"model":1,"model":{}}"#, "model"),
    ])
    func `a key that is met twice in any spelling is refused`(body: String, key: String) {
        #expect(rejection(of: body.utf8) == .duplicateKey(key))
    }

    @Test func `other keys may stand there twice`() throws {
        #expect(try peek(#"{"x":1,"x":2,"model":"m","mod":1,"mod":2}"#).model == "m")
    }

    @Test(arguments: [
        "[]", "null", "true", "1", #""model""#, "x", "{", "}", "{]", "[}", #"{"a":[}}"#, #"{"a":{]}"#, "{}{}",
        "{},", "{}x",
        "{} null", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{,"a":1}"#, #"{"a":1 "b":2}"#, #"{"a" 1}"#,
        #"{"a"::1}"#,
        #"{"a":1,,"b":2}"#, #"{"a":[1,]}"#, #"{"a":[,1]}"#, #"{"a":[1 2]}"#, #"{"a":[1:2]}"#, #"{"a":{"b"}}"#,
        #"{"a":{"b":1,}}"#, #"{"a":{1:2}}"#, #"{a:1}"#, "{'a':1}", #"{"a":'b'}"#, #"{"a":1}//x"#,
        #"{"a":/**/1}"#,
        #"{/**/"a":1}"#, ##"{"a":1}#x"##, #"{"a":"b}"#, #"{"a":"\"}"#, #"{"a":"\x41"}"#, #"{"a":"\'"}"#,
        #"{"a":"\u12"}"#,
        #"{"a":"\u"b","c":"d"}"#, #"{"a":"\u00g0"}"#, "{\"a\":\"\n\"}", "{\"a\":\"\u{0}\"}", "{\"a\u{1}\":1}",
        #"{"a":1}"# + "\u{0}", "\u{FEFF}{}", "\u{B}{}", "{\u{A0}}", #"{"a":1;"b":2}"#, #"{"a"=1}"#,
        #"{"a":(1)}"#,
        // Keys that some readers cut short, or read with a hole
        #"{"model\u0000":"m"}"#, #"{"mod\ud800el":"m"}"#, #"{"\udc00model":"m"}"#,
        // Models that are no text
        #"{"model":"\ud800"}"#, #"{"model":"\ude00\ud83d"}"#, #"{"model":"\ud83dx"}"#,
    ])
    func `a body that is not one JSON object is refused`(body: String) {
        #expect(rejection(of: body.utf8) == .malformedBody)
    }

    @Test func `a body that is not UTF-8 is refused where it is read`() {
        let text: [UInt8] = Array(#"{"model":"m"}"#.utf8)
        let littleEndian: [UInt8] = text.flatMap { byte -> [UInt8] in [byte, 0] }
        let utf16: [UInt8] = [0xFE, 0xFF] + text.flatMap { byte -> [UInt8] in [0, byte] }
        let badModel = Array(#"{"model":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8)
        let badKey = Array(#"{"mod"#.utf8) + [0xFF] + Array(#"el":"m"}"#.utf8)

        for body in [utf16, littleEndian, badModel, badKey] { #expect(rejection(of: body) == .malformedBody) }
    }

    @Test func `every cut-off body is refused`() {
        let sample = Array(#"{"a":[1,{"b":"\u00e9\\ é"}],"model":"gpt\n","stream":true,"c":-1.5e3}"#.utf8)

        #expect(rejection(of: sample) == nil)
        for length in 1..<sample.count {
            #expect(rejection(of: sample[..<length]) == .malformedBody, "cut at \(length)")
        }
    }

    @Test func `nesting has a bound and costs no stack`() throws {
        func nested(_ depth: Int) -> String {
            let inner = depth - 1
            return #"{"a":"# + String(repeating: "[", count: inner) + String(repeating: "]", count: inner)
                + "}"
        }
        let alternating =
            #"{"a":"# + String(repeating: #"[{"b":"#, count: 200) + "1" + String(repeating: "}]", count: 200)
            + #","model":"m"}"#

        #expect(rejection(of: nested(BodyPeek.depthLimit).utf8) == nil)
        #expect(rejection(of: nested(BodyPeek.depthLimit + 1).utf8) == .malformedBody)
        #expect(rejection(of: String(repeating: #"{"a":"#, count: 200_000).utf8) == .malformedBody)
        #expect(try peek(alternating).model == "m")
    }

    @Test func `a model has a longest name`() throws {
        let longest = String(repeating: "m", count: BodyPeek.modelLimit)
        let escaped = String(repeating: #"\u006d"#, count: BodyPeek.modelLimit)

        #expect(try peek(#"{"model":"\#(longest)"}"#).model == longest)
        #expect(try peek(#"{"model":"\#(escaped)"}"#).model == longest)
        #expect(rejection(of: #"{"model":"\#(longest)m"}"#.utf8) == .malformedBody)
        #expect(rejection(of: #"{"model":"\#(escaped)m"}"#.utf8) == .malformedBody)
    }

    @Test func `an object has so many keys at most, however they are spelled`() throws {
        func object(_ count: Int, _ key: String, _ more: String = "") -> String {
            "{" + (0..<count).map { #""\#(key)\#($0)":0"# }.joined(separator: ",") + more + "}"
        }
        let limit = BodyPeek.keyLimit
        for key in ["x", #"\u0078"#, "é"] {
            #expect(try peek(object(limit - 1, key, #","model":"m""#)).model == "m")
            #expect(rejection(of: object(limit + 1, key).utf8) == .tooManyKeys(limit: limit))
            let options = #"{"stream":true,"stream_options":"#
            #expect(rejection(of: (options + object(limit, key) + "}").utf8) == nil)
            #expect(
                rejection(of: (options + object(limit + 1, key) + "}").utf8) == .tooManyKeys(limit: limit))
        }
        // What is only passed over may have more.
        #expect(rejection(of: (#"{"metadata":"# + object(limit + 1, "x") + "}").utf8) == nil)
    }

    @Test func `a string's end is found at every offset`() throws {
        for length in 0..<40 {
            for end in [#"\""#, "", #"\\"#, "é", "\u{7F}", "\u{10FFFF}"] {
                let filler = String(repeating: "x", count: length)
                #expect(try peek(#"{"a":"\#(filler)\#(end)","model":"m"}"#).model == "m")
                #expect(rejection(of: "{\"a\":\"\(filler)\u{1F}\(end)\"}".utf8) == .malformedBody)
            }
        }
    }

    @Test func `a peek tells what a whole parse tells`() throws {
        var random = RandomJSON(seed: 0x1A7C)
        for _ in 0..<2000 {
            let body = random.object()
            let tree = try JSONValue(parsing: body)
            let text = String(decoding: body, as: UTF8.self)
            guard case .object(let members) = tree else { continue }
            let names = members.map { $0.key.lowercased() }
            let duplicates = BodyPeek.Key.allCases.map(\.rawValue).filter { name in
                names.count { $0 == name } > 1
            }
            guard duplicates.isEmpty else {
                guard case .duplicateKey(let key)? = rejection(of: body) else {
                    Issue.record("not refused: \(text)")
                    continue
                }
                #expect(duplicates.contains(key))
                continue
            }
            let peek = try peek(body)
            #expect(peek.model == tree["model"]?.string, "\(text)")
            #expect(peek.stream == tree["stream"]?.bool, "\(text)")
        }
    }
}
