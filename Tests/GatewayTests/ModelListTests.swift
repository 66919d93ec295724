import Domain
import NIOCore
import Testing
import Upstream

@testable import Gateway

/// What a model grant leaves of `/v1/models`.
struct ModelListTests {
    private func patterns(_ texts: [String]) throws -> [ModelPattern] {
        try texts.map { try #require(ModelPattern($0)) }
    }

    /// nil where the list is not relayed.
    private func filtered(_ list: String, _ texts: [String] = ["a", "gpt-*"]) throws -> String? {
        var whole = ModelList(try patterns(texts), isHead: false)
        var bytes = ByteBuffer(string: list)
        while let piece = bytes.readSlice(length: min(7, bytes.readableBytes)), piece.readableBytes > 0 {
            guard whole.take(piece) else { return nil }
        }
        return whole.finish().map { String(buffer: $0) }
    }

    @Test(arguments: [
        (
            #"{"object":"list","data":[{"id":"a"},{"id":"b"},{"id":"gpt-4"}]}"#,
            #"{"object":"list","data":[{"id":"a"},{"id":"gpt-4"}]}"#
        ),
        (#"{"data":[{"id":"b"},{"id":"a"}],"object":"list"}"#, #"{"data":[{"id":"a"}],"object":"list"}"#),
        (#"{"data":[{"id":"a"},{"id":"b"},{"id":"c"}]}"#, #"{"data":[{"id":"a"}]}"#),
        (#"{"data":[{"id":"b"},{"id":"c"}]}"#, #"{"data":[]}"#), (#"{"data":[]}"#, #"{"data":[]}"#),
        (
            "{\n  \"data\" : [\n    { \"id\": \"b\" },\n    { \"x\": [ 1 ], \"id\": \"a\" } ,\n    "
                + "{\"id\":\"c\"}\n  ]\n}\n",
            "{\n  \"data\" : [\n    { \"x\": [ 1 ], \"id\": \"a\" }\n  ]\n}\n"
        ),
        (
            "{\"data\":[\n {\"id\":\"a\"} ,\n {\"id\":\"b\"} ,\n {\"id\":\"gpt-4\"}\n]}",
            "{\"data\":[\n {\"id\":\"a\"} ,\n {\"id\":\"gpt-4\"}\n]}"
        ),
        (#" [{"id":"b"},{"id":"a"} ] "#, #" [{"id":"a"} ] "#), ("[ ]", "[ ]"),
        // Ids however they are spelt
        (
            #"{"data":[{"id":"\u0061"},{"\u0069d":"a"},{"id":"\u0062"},{"ID":"a"}]}"#,
            #"{"data":[{"id":"\u0061"},{"\u0069d":"a"}]}"#
        ),
        // Nothing that cannot be told for a granted model stays
        (
            #"{"data":[{"id":"a","id":"b"},{"id":1},{"x":{"id":"a"}},"a",null,1,["a"],{},{"id":null},"#
                + #"{"id":"A"}]}"#,
            #"{"data":[]}"#
        ),
        (
            #"{"data":[{"id":"a"}],"models":[{"slug":"b"},{"id":"gpt-4"}],"has_more":false,"#
                + #""meta":{"x":[1]}}"#,
            #"{"data":[{"id":"a"}],"models":[{"id":"gpt-4"}],"has_more":false,"meta":{"x":[1]}}"#
        ),
    ])
    func `what is not granted goes, and the rest stays byte for byte`(list: String, expected: String) throws {
        #expect(try filtered(list) == expected)
    }

    @Test(arguments: [
        "", " ", "{}", "null", "1", #""data""#, "<html>", #"{"data":{"a":{"id":"a"}}}"#, #"{"models":"a"}"#,
        #"{"\u0064ata":1}"#,
        #"{"data":[{"id":"a"}]"#, #"{"data":[{"id":"a"},]}"#, #"{"data":[{"id":"a"}]}x"#, #"[{"id":"a"}"#,
        "\u{1F}\u{8B}",
    ])
    func `what is no list is not relayed`(list: String) throws {
        #expect(try filtered(list) == nil)
    }

    /// The list in these pieces; nil where one of them was too much.
    private func list(of pieces: String..., granting texts: [String]) throws -> ModelList? {
        var list = ModelList(try patterns(texts), isHead: false)
        for piece in pieces {
            guard list.take(ByteBuffer(string: piece)) else { return nil }
        }
        return list
    }

    @Test func `the bound is on the whole list`() throws {
        let (start, end) = (#"{"data":[{"id":"a"}],"x":""#, #""}"#)
        let fitting = String(repeating: "x", count: ModelList.limit - start.utf8.count - end.utf8.count)
        var longest = try #require(try list(of: start, fitting + end, granting: ["a"]))
        let relayed = longest.finish()
        #expect(relayed?.readableBytes == ModelList.limit && !longest.isChanged)
        let tooLong = try list(of: start, fitting + "x" + end, granting: ["a"])
        #expect(tooLong == nil)
    }

    @Test func `an answer of which nothing goes is the upstream's`() throws {
        let text = #"{ "data": [ {"id":"b"} ] }"#
        var whole = try #require(try list(of: text, granting: ["*"]))
        let relayed = whole.finish()
        #expect(relayed == ByteBuffer(string: text) && !whole.isChanged)
        #expect(ModelList(try patterns(["*"]), isHead: true).isChanged)
    }

    private func modelsRequest(_ target: String) throws -> ModelsRequest {
        try Array(target.utf8).withUnsafeBytes { target in
            ModelsRequest(try PathPolicy.check(.get, target), in: target)
        }
    }

    @Test(
        arguments: [
            ("/v1/models", nil), ("/v1/models/", nil), ("/models?x=/a", nil), ("/v1/MODELS", nil),
            ("/v1/models/a", "a"), ("/models/a/?b", "a"), ("/v1/models/org%2Fa", "org/a"),
            ("/v1/models/org/a/", "org/a"),
            ("/v1/models/a%20%3A", "a :"), ("/v1/models/ft:a:b", "ft:a:b"),
        ] as [(String, String?)])
    func `a request about a model names it`(target: String, model: String?) throws {
        #expect(try modelsRequest(target) == (model.map { .model(Array($0.utf8)) } ?? .list))
    }
}
