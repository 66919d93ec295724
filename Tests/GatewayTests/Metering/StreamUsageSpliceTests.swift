import Domain
import Testing

@testable import Gateway

/// How a body comes to ask for the usage of its stream.
struct StreamUsageSpliceTests {
    private func plan(_ body: String, _ kind: Endpoint.Kind = .chatCompletions) throws(Rejection)
        -> StreamUsageSplice?
    {
        try Array(body.utf8).withUnsafeBytes { bytes in
            Result { () throws(Rejection) in
                try StreamUsageSplice.plan(for: bytes, BodyPeek.peek(bytes), to: kind)
            }
        }.get()
    }

    private func spliced(_ body: String) throws -> String? {
        guard let splice = try plan(body) else { return nil }
        var bytes = Array(body.utf8)
        bytes.replaceSubrange(splice.range, with: splice.bytes)
        #expect(bytes.count == body.utf8.count + splice.growth)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: [
        (#"{"stream":true}"#, #"{"stream_options":{"include_usage":true},"stream":true}"#),
        (
            " {\n\"model\":\"é\" , \"stream\" : true }\n",
            " {\"stream_options\":{\"include_usage\":true},\n\"model\":\"é\" , \"stream\" : true }\n"
        ),
        (
            #"{"stream":true,"stream_options":{}}"#,
            #"{"stream":true,"stream_options":{"include_usage":true}}"#
        ),
        (
            #"{"stream_options": { "x" : 1 } ,"stream":true}"#,
            #"{"stream_options": {"include_usage":true, "x" : 1 } ,"stream":true}"#
        ),
        (
            #"{"stream":true,"stream_options":null}"#,
            #"{"stream":true,"stream_options":{"include_usage":true}}"#
        ),
        (
            #"{"stream":true,"stream_options":{"include_usage": false}}"#,
            #"{"stream":true,"stream_options":{"include_usage": true}}"#
        ),
        (
            #"{"stream":true,"stream_options":{"x":{"include_usage":true},"include_usage":null}}"#,
            #"{"stream":true,"stream_options":{"x":{"include_usage":true},"include_usage":true}}"#
        ),
        (
            #"{"stre\u0061m":true,"stream_options":{"include\u005fusage":null}}"#,
            #"{"stre\u0061m":true,"stream_options":{"include\u005fusage":true}}"#
        ),
        (
            #"{"x":{"stream_options":{"include_usage":true}},"stream":true}"#,
            #"{"stream_options":{"include_usage":true},"x":{"stream_options":{"include_usage":true}},"#
                + #""stream":true}"#
        ),
    ])
    func `a stream's body comes to ask for its usage`(body: String, expected: String) throws {
        #expect(try spliced(body) == expected)
        // Once it asks, there is nothing more to change.
        #expect(try plan(expected) == nil)
    }

    @Test(arguments: [
        // Some read that key in any case: two could be read as one.
        #"{"Stream_options":null,"stream":true}"#,
        #"{"stream":true,"stream_options":{"inclUde_usage":false}}"#,
        "", "{}", #"{"stream":false}"#, #"{"stream":"true"}"#, #"{"x":{"stream":true}}"#,
        #"{"stream":true,"stream_options":{"include_usage":true}}"#,
        #"{"stream":true,"stream_options":{"include_usage":1}}"#, #"{"stream":true,"stream_options":[]}"#,
        #"{"stream":true,"stream_options":true}"#,
        #"{"stream":false,"stream_options":{"include_usage":false}}"#,
    ])
    func `a body that asks itself, or for no stream, stays as it is`(body: String) throws {
        #expect(try plan(body) == nil)
    }

    @Test func `other endpoints have no such option`() throws {
        #expect(try plan(#"{"stream":true}"#, .completions) != nil)
        for kind in Endpoint.Kind.allCases where kind != .chatCompletions && kind != .completions {
            #expect(try plan(#"{"stream":true}"#, kind) == nil)
        }
    }

    @Test func `an option that stands there twice is refused`() {
        #expect(throws: Rejection.duplicateKey("stream_options")) {
            try plan(#"{"stream":true,"stream_options":null,"stream\u005foptions":{}}"#)
        }
        #expect(throws: Rejection.duplicateKey("stream_options.include_usage")) {
            try plan(#"{"stream":true,"stream_options":{"include_usage":true,"include_usage":true}}"#)
        }
    }
}
