import Domain
import Testing

@testable import Providers

/// The dummy provider's endpoints that keep something. Their shapes are held against the SDK's models in its
/// tests.
struct DummyObjectsTests {
    private let provider = DummyProvider()

    private func line(_ id: String, model: String = "dummy-length-3") -> String {
        #"{"custom_id":"\#(id)","method":"POST","url":"/v1/chat/completions","body":{"model":"\#(model)","#
            + #""messages":[{"role":"user","content":"a b"}]}}"#
    }

    private func batch(_ lines: [String], at now: Timestamp = DummyProvider.moment) throws -> JSONValue {
        let file = try provider.makeFile(lines.joined(separator: "\n"), for: "batch")
        return try provider.json(
            "POST", "/v1/batches",
            #"{"input_file_id":"\#(file)","endpoint":"/v1/chat/completions","completion_window":"24h"}"#,
            at: now)
    }

    private func ids(_ page: JSONValue) -> [String] {
        (page["data"]?.elements ?? []).compactMap { $0["id"]?.string }
    }

    @Test func `a list is told in pages that join without a gap`() throws {
        let made = try (0..<5).map { _ in try provider.makeFile("x") }
        let first = try provider.json("GET", "/v1/files?limit=2&order=asc")
        let second = try provider.json("GET", "/v1/files?limit=2&order=asc&after=\(made[1])")
        let last = try provider.json("GET", "/v1/files?limit=2&order=asc&after=\(made[3])")

        #expect(ids(first) + ids(second) + ids(last) == made)
        #expect([first, second, last].map { $0["has_more"]?.bool } == [true, true, false])
        #expect(try ids(provider.json("GET", "/v1/files")) == made.reversed())
        #expect(try ids(provider.json("GET", "/v1/files?purpose=batch")) == [])
    }

    @Test func `a form's parts are found whatever is in them`() throws {
        let content = "a\r\n--Y\r\n--X-not\r\n\r\n"
        let id = try provider.makeFile(content, named: #"a;\"b.txt"#)

        #expect(try provider.json("GET", "/v1/files/\(id)")["filename"] == #"a;"b.txt"#)
        #expect(provider.answer("GET", "/v1/files/\(id)/content").chunks == [Array(content.utf8)])
    }

    @Test func `a batch is completed at once, with a line of output for each that went well`() throws {
        let batch = try batch([line("1"), line("2", model: "dummy-length-x"), line("3")])
        let output = provider.answer(
            "GET", "/v1/files/\(try #require(batch["output_file_id"]?.string))/content")
        let errors = provider.answer(
            "GET", "/v1/files/\(try #require(batch["error_file_id"]?.string))/content")
        let lines = try output.chunks.joined().split(separator: 0x0A).map {
            try JSONValue(parsing: Array($0))
        }

        #expect(batch["status"] == "completed")
        #expect(batch["request_counts"] == ["total": 3, "completed": 2, "failed": 1])
        #expect(batch["usage"]?["input_tokens"] == 4)
        #expect(batch["usage"]?["output_tokens"] == 6)
        #expect(lines.map { $0["custom_id"]?.string } == ["1", "3"])
        #expect(lines.allSatisfy { $0["response"]?["body"]?["object"] == "chat.completion" })
        #expect(errors.chunks.joined().split(separator: 0x0A).count == 1)
    }

    @Test func `a batch of slow models is in progress for as long, and may be cancelled`() throws {
        let slow = try batch([line("1", model: "dummy-delay-2s")])
        let id = try #require(slow["id"]?.string)
        func status(after seconds: Int64) throws -> JSONValue? {
            try provider.json(
                "GET", "/v1/batches/\(id)", at: DummyProvider.moment.adding(milliseconds: seconds * 1000))[
                    "status"]
        }
        let other = try #require(try batch([line("1", model: "dummy-delay-2s")])["id"]?.string)
        let cancelled = try provider.json("POST", "/v1/batches/\(other)/cancel")

        #expect(slow["usage"] == .null)
        #expect(try status(after: 1) == "in_progress")
        #expect(try status(after: 2) == "completed")
        #expect(cancelled["status"] == "cancelled")
        let later = DummyProvider.moment.adding(milliseconds: 10_000)
        #expect(try provider.json("GET", "/v1/batches/\(other)", at: later)["status"] == "cancelled")
        #expect(provider.answer("POST", "/v1/batches/\(id)/cancel", at: later).status == 409)
    }

    @Test(arguments: [[], ["{"], ["{}"], [#"{"custom_id":"1","body":{}}"#]] as [[String]])
    func `a batch of lines that are no requests has failed, and says where`(lines: [String]) throws {
        let batch = try batch(lines)

        #expect(batch["status"] == "failed")
        #expect(batch["errors"]?["data"]?.elements?.count == 1)
        #expect(batch["output_file_id"] == .null)
        #expect(batch["usage"] == .null)
    }

    @Test func `a batch is bounded in lines`() throws {
        let batch = try batch((0...DummyBatches.lineLimit).map { line("\($0)") })

        #expect(batch["status"] == "failed")
        #expect(batch["errors"]?["data"]?.elements?.first?["code"] == "too_many_tasks")
    }

    @Test func `an upload is the file of its parts, in the order that completes it`() throws {
        let upload = try provider.json(
            "POST", "/v1/uploads", #"{"filename":"a","bytes":4,"mime_type":"x","purpose":"assistants"}"#)
        let id = try #require(upload["id"]?.string)
        let parts = try ["cd", "ab"].map { text in
            let form =
                "--X\r\nContent-Disposition: form-data; name=\"data\"; filename=\"p\"\r\n\r\n\(text)\r\n--X--"
            let part = try provider.json(
                "POST", "/v1/uploads/\(id)/parts", form, type: "multipart/form-data; boundary=X")
            return try #require(part["id"]?.string)
        }
        let short = provider.answer("POST", "/v1/uploads/\(id)/complete", #"{"part_ids":["\#(parts[0])"]}"#)
        let done = try provider.json(
            "POST", "/v1/uploads/\(id)/complete", #"{"part_ids":["\#(parts[1])","\#(parts[0])"]}"#)
        let file = try #require(done["file"]?["id"]?.string)

        #expect(short.status == 400)
        #expect(done["status"] == "completed")
        #expect(provider.answer("GET", "/v1/files/\(file)/content").chunks == [Array("abcd".utf8)])
        #expect(provider.answer("POST", "/v1/uploads/\(id)/cancel").status == 400)
        let large = #"{"filename":"a","bytes":99999999,"mime_type":"x","purpose":"assistants"}"#
        #expect(provider.answer("POST", "/v1/uploads", large).status == 413)
    }

    @Test func `a response goes on with the one before it, and counts its words`() throws {
        let first = try provider.json("POST", "/v1/responses", #"{"model":"dummy-length-4","input":"a b"}"#)
        let id = try #require(first["id"]?.string)
        let next = try provider.json(
            "POST", "/v1/responses", #"{"model":"dummy","input":"c","previous_response_id":"\#(id)"}"#)
        let unknown = provider.answer(
            "POST", "/v1/responses", #"{"model":"dummy","input":"c","previous_response_id":"resp_x"}"#)

        #expect(next["usage"]?["input_tokens"] == 7)
        #expect(next["previous_response_id"] == .string(id))
        #expect(unknown.status == 400)
        #expect(try unknown.document()["error"]?["code"] == "previous_response_not_found")
    }

    @Test func `a response that is not to be stored is not`() throws {
        let made = try provider.json("POST", "/v1/responses", #"{"model":"dummy","input":"a","store":false}"#)

        #expect(provider.answer("GET", "/v1/responses/\(try #require(made["id"]?.string))").status == 404)
    }

    @Test func `a response in the background is queued until its delay has passed, or cancelled`() throws {
        let body = #"{"model":"dummy-delay-3s","input":"a","background":true}"#
        let made = provider.answer("POST", "/v1/responses", body)
        let id = try #require(try made.document()["id"]?.string)
        let other = try #require(try provider.json("POST", "/v1/responses", body)["id"]?.string)
        _ = try provider.json("POST", "/v1/responses/\(other)/cancel")
        let still = try provider.json("GET", "/v1/responses/\(id)")
        let later = DummyProvider.moment.adding(milliseconds: 3000)
        let done = try provider.json("GET", "/v1/responses/\(id)", at: later)

        #expect(made.firstDelayMilliseconds == 0)
        #expect(try made.document()["status"] == "queued")
        #expect(try made.document()["usage"] == .null)
        #expect(still["status"] == "queued")
        #expect(done["status"] == "completed")
        #expect(done["usage"]?["output_tokens"] == 12)
        #expect(try provider.json("GET", "/v1/responses/\(other)", at: later)["status"] == "cancelled")
    }

    @Test func `a response's stream can be asked for again, from any event on`() throws {
        let made = provider.answer("POST", "/v1/responses", #"{"model":"dummy","input":"a","stream":true}"#)
        let events = try made.events()
        let id = try #require(events.first?["response"]?["id"]?.string)
        let again = provider.answer("GET", "/v1/responses/\(id)?stream=true")
        let rest = try provider.answer("GET", "/v1/responses/\(id)?stream=true&starting_after=4").events()

        #expect(again.chunks == made.chunks)
        #expect(rest == Array(events.dropFirst(5)))
    }

    @Test func `a conversation keeps what was said in it`() throws {
        let made = try provider.json(
            "POST", "/v1/conversations", #"{"items":[{"role":"user","content":"a"}]}"#)
        let id = try #require(made["id"]?.string)
        let said = try provider.json(
            "POST", "/v1/responses", #"{"model":"dummy-length-2","input":"b","conversation":"\#(id)"}"#)
        let items = try provider.json("GET", "/v1/conversations/\(id)/items?order=asc")
        let texts = items["data"]?.elements?.map { DummyText.text(of: $0) }

        #expect(texts == ["a", "b", "This answer"])
        #expect(said["usage"]?["input_tokens"] == 2)
        #expect(said["conversation"]?["id"] == .string(id))
    }

    @Test func `a search finds the files that have its words, the most of them first`() throws {
        let one = try provider.makeFile("the cat and the dog")
        let two = try provider.makeFile("the dog")
        _ = try provider.makeFile("cat, not added")
        let store = try provider.json("POST", "/v1/vector_stores", #"{"file_ids":["\#(two)","\#(one)"]}"#)
        let id = try #require(store["id"]?.string)
        let found = try provider.json("POST", "/v1/vector_stores/\(id)/search", #"{"query":"Cat dog"}"#)
        let none = try provider.json("POST", "/v1/vector_stores/\(id)/search", #"{"query":"bird"}"#)
        let results = try #require(found["data"]?.elements)

        #expect(results.map { $0["file_id"]?.string } == [one, two])
        #expect(results.map { $0["score"]?.double } == [1, 0.5])
        #expect(none["data"]?.elements?.isEmpty == true)
        #expect(store["file_counts"]?["completed"] == 2)
    }

    @Test(arguments: [
        (#"{"type":"eq","key":"k","value":1}"#, 1), (#"{"type":"ne","key":"k","value":1}"#, 0),
        (#"{"type":"gte","key":"k","value":1.0}"#, 1), (#"{"type":"lt","key":"k","value":1}"#, 0),
        (#"{"type":"in","key":"k","value":[2,1]}"#, 1), (#"{"type":"nin","key":"k","value":[2,1]}"#, 0),
        (
            #"{"type":"and","filters":[{"type":"gt","key":"k","value":0},{"type":"lte","key":"k","#
                + #""value":0}]}"#,
            0
        ),
        (
            #"{"type":"or","filters":[{"type":"gt","key":"k","value":0},{"type":"lte","key":"k","#
                + #""value":0}]}"#,
            1
        ),
    ])
    func `a search looks at attributes`(filter: String, count: Int) throws {
        let file = try provider.makeFile("cat")
        let store = try #require(try provider.json("POST", "/v1/vector_stores", "{}")["id"]?.string)
        _ = try provider.json(
            "POST", "/v1/vector_stores/\(store)/files", #"{"file_id":"\#(file)","attributes":{"k":1}}"#)
        let found = try provider.json(
            "POST", "/v1/vector_stores/\(store)/search", #"{"query":"cat","filters":\#(filter)}"#)

        #expect(found["data"]?.elements?.count == count)
    }
}
