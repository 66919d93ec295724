import Domain
import Testing

@testable import Providers

/// The dummy provider's answers, in the shapes that the OpenAI SDKs read.
struct DummyProviderTests {
    private func answer(_ method: String, _ target: String, _ body: String = "") -> DummyAnswer {
        DummyProvider().answer(method, target, body)
    }

    private func json(_ answer: DummyAnswer) throws -> JSONValue { try answer.document() }
    private func events(_ answer: DummyAnswer) throws -> [JSONValue] { try answer.events() }

    private static let question =
        #""messages":[{"role":"system","content":"be brief"},{"role":"user","content":[{"type":"text","#
        + #""text":"how are you"}]}]"#

    @Test func `a chat completion counts the words it was asked and says`() throws {
        let answer = answer("POST", "/v1/chat/completions", #"{"model":"dummy-length-3",\#(Self.question)}"#)
        let body = try json(answer)
        let choice = try #require(body["choices"]?.elements?.first)

        #expect(answer.status == 200)
        #expect(answer.headers.contains { $0 == ("content-type", "application/json") })
        #expect(answer.headers.contains { $0 == ("content-length", String(answer.chunks[0].count)) })
        #expect(body["object"] == .string("chat.completion"))
        #expect(body["created"] == .number("1700000000"))
        #expect(body["model"] == .string("dummy-length-3"))
        #expect(body["id"]?.string?.hasPrefix("chatcmpl-") == true)
        #expect(choice["message"]?["role"] == .string("assistant"))
        #expect(choice["message"]?["content"] == .string("This answer comes"))
        #expect(choice["finish_reason"] == .string("stop"))
        #expect(body["usage"]?["prompt_tokens"] == .number("5"))
        #expect(body["usage"]?["completion_tokens"] == .number("3"))
        #expect(body["usage"]?["total_tokens"] == .number("8"))
    }

    @Test func `the same request has the same answer`() {
        let body = #"{"model":"dummy","stream":true,\#(Self.question)}"#

        #expect(
            answer("POST", "/v1/chat/completions", body).chunks
                == answer("POST", "/chat/completions", body).chunks)
    }

    @Test func `a chat stream ends with a reason and DONE, and tells usage only when asked`() throws {
        let body = #"{"model":"dummy-delay-20ms-length-4","stream":true,\#(Self.question)}"#
        let answer = answer("POST", "/v1/chat/completions", body)
        let events = try events(answer)
        let deltas = events.compactMap { $0["choices"]?.elements?.first?["delta"]?["content"]?.string }

        #expect(answer.headers.contains { $0 == ("content-type", "text/event-stream; charset=utf-8") })
        #expect(!answer.headers.contains { $0.0 == "content-length" })
        #expect(answer.chunkDelayMilliseconds == 20)
        #expect(answer.firstDelayMilliseconds == 20)
        #expect(events.count == 6)
        #expect(events.allSatisfy { $0["object"] == .string("chat.completion.chunk") && $0["usage"] == nil })
        #expect(events.first?["choices"]?.elements?.first?["delta"]?["role"] == .string("assistant"))
        #expect(deltas.joined() == "This answer comes from")
        #expect(events.last?["choices"]?.elements?.first?["finish_reason"] == .string("stop"))
        #expect(answer.chunks.last == Array("data: [DONE]\n\n".utf8))
    }

    @Test(arguments: [
        ("chat/completions", #""messages":[{"content":"a b"}]"#), ("completions", #""prompt":"a b""#),
    ])
    func `usage that was asked for comes in a last chunk without choices`(path: String, prompt: String) throws
    {
        let body =
            #"{"model":"dummy-length-2","stream":true,"stream_options":{"include_usage":true},\#(prompt)}"#
        let answer = answer("POST", "/v1/" + path, body)
        let events = try events(answer)
        let last = try #require(events.last)

        #expect(events.dropLast().allSatisfy { $0["usage"] == .null && $0["choices"]?.elements?.count == 1 })
        #expect(last["choices"] == .array([]))
        #expect(last["usage"]?["prompt_tokens"] == .number("2"))
        #expect(last["usage"]?["completion_tokens"] == .number("2"))
        #expect(answer.chunks.last == Array("data: [DONE]\n\n".utf8))
    }

    @Test func `a bound of the request cuts the answer off`() throws {
        let body = #"{"model":"dummy-length-9","max_completion_tokens":2,\#(Self.question)}"#
        let chat = try json(answer("POST", "/v1/chat/completions", body))
        let response = try json(
            answer("POST", "/v1/responses", #"{"model":"dummy","input":"x","max_output_tokens":2}"#))

        #expect(chat["choices"]?.elements?.first?["finish_reason"] == .string("length"))
        #expect(chat["usage"]?["completion_tokens"] == .number("2"))
        #expect(response["status"] == .string("incomplete"))
        #expect(response["incomplete_details"]?["reason"] == .string("max_output_tokens"))
    }

    @Test func `a completion is text`() throws {
        let body = try json(
            answer("POST", "/v1/completions", #"{"model":"dummy-length-2","prompt":["a","b c"]}"#))

        #expect(body["object"] == .string("text_completion"))
        #expect(body["choices"]?.elements?.first?["text"] == .string("This answer"))
        #expect(body["usage"]?["prompt_tokens"] == .number("3"))
    }

    @Test func `a response is a message with usage`() throws {
        let body = try json(answer("POST", "/v1/responses", #"{"model":"dummy-length-2","input":"a b c"}"#))
        let message = try #require(body["output"]?.elements?.first)

        #expect(body["object"] == .string("response"))
        #expect(body["status"] == .string("completed"))
        #expect(message["content"]?.elements?.first?["text"] == .string("This answer"))
        #expect(body["usage"]?["input_tokens"] == .number("3"))
        #expect(body["usage"]?["output_tokens"] == .number("2"))
        #expect(body["usage"]?["total_tokens"] == .number("5"))
    }

    @Test func `a response stream builds its message up by typed events`() throws {
        let answer = answer("POST", "/v1/responses", #"{"model":"dummy-length-2","input":"a","stream":true}"#)
        let events = try events(answer)
        let types = events.compactMap { $0["type"]?.string }

        #expect(
            types == [
                "response.created", "response.in_progress", "response.output_item.added",
                "response.content_part.added", "response.output_text.delta", "response.output_text.delta",
                "response.output_text.done", "response.content_part.done", "response.output_item.done",
                "response.completed",
            ])
        #expect(events.map { $0["sequence_number"]?.integer } == Array(0..<10))
        for (chunk, type) in zip(answer.chunks, types) {
            #expect(chunk.starts(with: "event: \(type)\ndata: {".utf8))
        }
        #expect(events.first?["response"]?["usage"] == .null)
        #expect(events.last?["response"]?["usage"]?["output_tokens"] == .number("2"))
        #expect(events.compactMap { $0["delta"]?.string }.joined() == "This answer")
    }

    @Test func `embeddings are unit vectors, as numbers or base64`() throws {
        let numbers = try json(
            answer("POST", "/v1/embeddings", #"{"model":"dummy","input":["a b","c"],"dimensions":3}"#))
        let text = try json(
            answer(
                "POST", "/v1/embeddings",
                #"{"model":"dummy","input":"a b","dimensions":3,"encoding_format":"base64"}"#))
        let data = try #require(numbers["data"]?.elements)

        #expect(data.map { $0["index"]?.integer } == [0, 1])
        #expect(data.allSatisfy { $0["embedding"]?.elements?.compactMap(\.integer).reduce(0, +) == 1 })
        #expect(data.allSatisfy { $0["embedding"]?.elements?.count == 3 })
        #expect(numbers["usage"]?["prompt_tokens"] == .number("3"))
        #expect(text["data"]?.elements?.first?["embedding"]?.string?.count == 16)
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `base64 is RFC 4648's`(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
    }

    @Test(arguments: [
        ("/v1/models/dummy", "dummy"), ("/v1/models/org%2Fllama", "org/llama"),
        ("/v1/models/org/llama", "org/llama"),
        ("/models/ft:x%3Ay", "ft:x:y"),
    ])
    func `a model is found by its id, slashes and all`(path: String, id: String) throws {
        let found = try json(answer("GET", path))
        let deleted = try json(answer("DELETE", path))

        #expect(found["id"] == .string(id))
        #expect(found["object"] == .string("model"))
        #expect(deleted["id"] == .string(id))
        #expect(deleted["deleted"] == .bool(true))
    }

    @Test func `models are listed`() throws {
        let list = try json(answer("GET", "/v1/models"))

        #expect(list["object"] == .string("list"))
        #expect(list["data"]?.elements?.first?["id"] == .string("dummy"))
    }

    @Test func `pictures and moderation can be opened`() throws {
        let image = try json(answer("POST", "/v1/images/generations", #"{"prompt":"a cat"}"#))
        let moderation = try json(answer("POST", "/v1/moderations", #"{"input":["a","b"]}"#))

        #expect(image["data"]?.elements?.first?["b64_json"]?.string?.hasPrefix("iVBOR") == true)
        #expect(image["usage"]?["input_tokens"] == .number("2"))
        #expect(moderation["results"]?.elements?.count == 2)
        #expect(moderation["results"]?.elements?.first?["flagged"] == .bool(false))
    }

    @Test(arguments: [
        ("mp3", "audio/mpeg", [0xFF, 0xE3], 288), ("opus", "audio/ogg", Array("OggS".utf8), 191),
        ("aac", "audio/aac", [0xFF, 0xF1], 22), ("flac", "audio/flac", Array("fLaC".utf8), 55),
        ("wav", "audio/wav", Array("RIFF".utf8), 1644), ("pcm", "audio/pcm", [0, 0], 1600),
    ])
    func `speech has the format that is asked for`(format: String, type: String, begin: [UInt8], count: Int)
        throws
    {
        let body = #"{"model":"dummy","input":"hi","voice":"x","response_format":"\#(format)"}"#
        let answer = answer("POST", "/v1/audio/speech", body)

        #expect(answer.headers.contains { $0 == ("content-type", type) })
        #expect(answer.chunks.joined().starts(with: begin))
        #expect(answer.chunks.joined().count == count)
    }

    @Test(
        arguments: [
            ("GET", "/v1/nothing", "", 404, "unknown_url"),
            ("GET", "/v1/completions", "", 404, "unknown_url"),
            ("POST", "/v1/models", "", 404, "unknown_url"), ("POST", "/", "", 404, "unknown_url"),
            ("POST", "/v1/chat/completions", "{", 400, nil), ("POST", "/v1/chat/completions", "[]", 400, nil),
            ("POST", "/v1/chat/completions", #"{"messages":[]}"#, 400, nil),
            ("POST", "/v1/chat/completions", #"{"model":"dummy"}"#, 400, "missing_required_parameter"),
            ("POST", "/v1/embeddings", #"{"model":"dummy","input":[]}"#, 400, "missing_required_parameter"),
            ("POST", "/v1/embeddings", #"{"model":"dummy","input":"a","dimensions":0}"#, 400, nil),
            ("POST", "/v1/audio/transcriptions", #"{"model":"dummy"}"#, 400, "missing_required_parameter"),
            ("POST", "/v1/files", "x", 400, nil), ("GET", "/v1/files/file-x", "", 404, nil),
            ("GET", "/v1/files?limit=0", "", 400, nil), ("GET", "/v1/files?after=file-x", "", 400, nil),
            ("GET", "/v1/files?order=up", "", 400, nil),
            ("POST", "/v1/batches", #"{"endpoint":"/v1/files"}"#, 400, nil),
            ("POST", "/v1/completions", #"{"model":"dummy-length-x","prompt":"a"}"#, 404, "model_not_found"),
            ("GET", "/v1/models/dummy-delay-61s", "", 404, "model_not_found"),
        ] as [(String, String, String, Int, String?)])
    func `what it cannot answer is OpenAI's error`(
        method: String, path: String, body: String, status: Int, code: String?
    ) throws {
        let answer = answer(method, path, body)
        let error = try #require(try json(answer)["error"])

        #expect(answer.status == status)
        #expect(error["type"] == .string("invalid_request_error"))
        #expect(error["code"] == code.map { .string($0) } ?? .null)
        #expect(error["message"]?.string?.isEmpty == false)
    }
}
