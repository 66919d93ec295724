import Domain
import Testing

@testable import Providers

/// Instances of JSON schemas. That they validate is held against a validator in the SDK's tests.
struct DummySchemaTests {
    private func instance(_ schema: String, isStrict: Bool = true) throws -> String {
        let schema = try JSONValue(parsing: Array(schema.utf8))
        let instance = try DummySchema.instance(of: schema, isStrict: isStrict)
        return String(decoding: instance.encoded, as: UTF8.self)
    }

    @Test(arguments: [
        (
            #"{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"boolean"}},"#
                + #""required":["a"]}"#,
            #"{"a":"a","b":true}"#
        ),
        (#"{"type":["null","integer"],"minimum":7}"#, "7"), (#"{"type":"null"}"#, "null"),
        (#"{"enum":["x","y"]}"#, #""x""#), (#"{"const":{"a":1}}"#, #"{"a":1}"#),
        (#"{"type":"integer","maximum":-3}"#, "-3"),
        (#"{"type":"integer","exclusiveMinimum":4,"multipleOf":5}"#, "5"),
        (#"{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1}"#, "0.5"),
        (#"{"type":"number","minimum":2.5,"maximum":2.5}"#, "2.5"),
        (#"{"type":"array","items":{"type":"integer"},"minItems":3,"uniqueItems":true}"#, "[1,2,3]"),
        (#"{"type":"array","items":{"type":"string"},"maxItems":0}"#, "[]"),
        (
            #"{"type":"array","prefixItems":[{"type":"integer"},{"type":"boolean"}],"items":false}"#,
            "[1,false]"
        ),
        (#"{"type":"string","minLength":8}"#, #""value...""#),
        (#"{"type":"string","maxLength":2}"#, #""va""#),
        (#"{"type":"string","format":"date"}"#, #""2026-01-01""#),
        (#"{"type":"string","pattern":"^[A-Z]{2}-\\d+(x|y)?$","minLength":6}"#, #""AA-00x""#),
        (#"{"anyOf":[{"type":"integer"},{"type":"null"}]}"#, "1"),
        (
            #"{"allOf":[{"properties":{"a":{"const":1}},"required":["a"]},{"properties":{"b":{"const":2}},"#
                + #""required":["b"]}]}"#,
            #"{"a":1,"b":2}"#
        ),
        (
            ##"{"$ref":"#/$defs/n","$defs":{"n":{"properties":{"v":{"type":"integer"},"##
                + ##""next":{"anyOf":[{"$ref":"#/$defs/n"},{"type":"null"}]}},"required":["v","next"]}}}"##,
            #"{"v":1,"next":null}"#
        ),
        (
            ##"{"properties":{"kids":{"type":"array","items":{"$ref":"#"}}},"required":["kids"]}"##,
            #"{"kids":[]}"#
        ),
        (
            #"{"type":"object","minProperties":2,"additionalProperties":{"type":"integer"}}"#,
            #"{"property1":1,"property2":1}"#
        ),
    ])
    func `a schema has an instance, always the same`(schema: String, expected: String) throws {
        #expect(try instance(schema) == expected)
    }

    @Test(arguments: [
        "false", #"{"type":"integer","minimum":3,"maximum":2}"#, ##"{"$ref":"#/nowhere"}"##,
        #"{"$ref":"https://example.com/x"}"#, ##"{"properties":{"a":{"$ref":"#"}},"required":["a"]}"##,
        #"{"type":"array","minItems":1000000}"#,
        #"{"type":"array","minItems":2,"uniqueItems":true,"items":{"const":1}}"#,
        #"{"type":"string","minLength":1000000}"#, #"{"type":"string","pattern":"(?=a)b"}"#, #"{"not":{}}"#,
        ##"{"anyOf":[{"$ref":"#"},{"$ref":"#"}]}"##, #"{"anyOf":[]}"#,
    ])
    func `what cannot be satisfied, or not by construction, is refused`(schema: String) {
        #expect(throws: DummySchema.Impossible.self) { try instance(schema) }
    }

    @Test(arguments: [#"{"type":"string","pattern":"(?=a)b"}"#, #"{"type":"string","not":{"const":"x"}}"#])
    func `a schema that is not strict has an instance all the same`(schema: String) throws {
        #expect(try instance(schema, isStrict: false) == #""value""#)
    }

    @Test(arguments: [
        ("abc", "abc"), ("a|b", "a"), ("(?:ab){2}", "abab"), (#"\d{3,5}"#, "000"), ("[^a-z]", "A"),
        (#"[\w-]+"#, "a"),
        (#"\u0041\x42\."#, "AB."), ("x*?y", "y"), ("[]x]", "]"), ("", ""),
    ])
    func `a pattern has a text`(pattern: String, expected: String) throws {
        #expect(try DummyPattern(pattern).text(atLeast: 0, atMost: 100) == expected)
    }

    @Test(arguments: ["(", "[a", #"\b"#, #"\1"#, "a{2000}", "(?<=a)b", "*", #"\p{L}"#, "a)", "{2}"])
    func `a pattern that is not understood is refused`(pattern: String) {
        #expect(throws: DummyPattern.Unsupported.self) { try DummyPattern(pattern) }
    }
}
