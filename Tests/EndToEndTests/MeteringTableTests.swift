import Domain
import Testing

/// What a request comes to does not depend on whether anyone has to be refused: every endpoint that is
/// charged, with a body of JSON or a form, has the same row for an access token without limits and for one
/// with them.
@Suite(.serialized) @EndToEnd struct MeteringTableTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let path: String
        let type: String
        let body: String
        /// The whole of the answer's body.
        let answer: String
        let model: String?

        var testDescription: String { "\(path), \(type.prefix(24)), \(answer.prefix(9))" }
    }

    private nonisolated static let form = "multipart/form-data; boundary=b"
    private nonisolated static let tokens =
        #"{"usage":{"prompt_tokens":30,"completion_tokens":4,"total_tokens":34}}"#
    private nonisolated static let inputTokens =
        #"{"usage":{"input_tokens":30,"output_tokens":4,"total_tokens":34}}"#
    private nonisolated static let seconds = #"{"text":"hello","usage":{"type":"duration","seconds":2}}"#
    private nonisolated static let silent = #"{"text":"hello","data":[]}"#

    private nonisolated static func fields(_ model: String) -> String {
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\r\n"
            + String(repeating: "sound", count: 2000) + "\r\n"
            + "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n\(model)\r\n--b--\r\n"
    }

    nonisolated static let cases: [Case] = {
        let json: [(String, String, String, String)] = [
            ("chat/completions", "gpt-4.1", #""messages":[],"max_tokens":9"#, tokens),
            ("completions", "gpt-3.5-turbo-instruct", #""prompt":"x","max_tokens":9"#, tokens),
            ("embeddings", "text-embedding-3-small", #""input":"x""#, tokens),
            ("responses", "gpt-4.1", #""input":"x","max_output_tokens":9"#, inputTokens),
            ("images/generations", "gpt-image-1", #""prompt":"x""#, inputTokens),
            ("images/edits", "gpt-image-1", #""prompt":"x""#, inputTokens),
            ("audio/speech", "tts-1", #""input":"你好","voice":"alloy""#, silent),
        ]
        var cases = json.flatMap { path, model, rest, answer in
            let body = #"{"model":"\#(model)",\#(rest)}"#
            // What an upstream may read without a look at its type.
            let types = ["application/json", "text/plain"].prefix(path == "images/edits" ? 1 : 2)
            return types.map { Case(path: path, type: $0, body: body, answer: answer, model: model) }
        }
        for (path, model) in [
            ("audio/transcriptions", "whisper-1"), ("audio/transcriptions", "gpt-4o-transcribe"),
            ("audio/translations", "whisper-1"), ("images/edits", "gpt-image-1"),
            ("images/variations", "gpt-image-1"),
        ] {
            for answer in [silent, model == "whisper-1" ? seconds : inputTokens] {
                cases.append(
                    Case(path: path, type: form, body: fields(model), answer: answer, model: model))
            }
        }
        return cases
    }()

    @Test(arguments: cases)
    func `a request has the same row whatever limits there are`(_ sample: Case) async throws {
        let upstream = try ScriptedUpstream.answering(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(sample.answer.utf8.count)\r\n\r\n\(sample.answer)")
        let server = try await Latchkey()
        let project = try await server.project(at: upstream.port)
        for limits in [[], ["tokens=100000000/day"], ["cost=1000.00/day"], ["requests=9/day:o3"]] {
            let access = try await server.issue(for: project, limits: limits)
            for framing in ["Content-Length: \(sample.body.utf8.count)", "Transfer-Encoding: chunked"] {
                let body =
                    framing.hasPrefix("C")
                    ? sample.body
                    : "\(String(sample.body.utf8.count, radix: 16))\r\n\(sample.body)\r\n0\r\n\r\n"
                let answer = try server.ask(
                    request(
                        "POST", "/v1/\(sample.path)", access, "Content-Type: \(sample.type)\r\n\(framing)\r\n"
                    )
                        + body)
                #expect(answer.status == 200, "\(limits) \(answer.text)")
            }
        }
        let rows = try await server.ledger(8)
        let first = try #require(rows.first)
        #expect(rows.count == 8 && first.modelAsked?.rawValue == sample.model)
        #expect(first.charge.cost > .zero)
        for row in rows {
            #expect(row.modelAsked == first.modelAsked && row.usage == first.usage)
            #expect(row.charge == first.charge && row.accuracy == first.accuracy)
        }
        await server.stop()
    }

    @Test(arguments: [
        ("/v1/audio/transcriptions", form, "--b\r\nno form"), ("/v1/chat/completions", "text/plain", "{"),
        ("/v1/images/edits", form, fields("a") + "--b--"),
    ])
    func `a body that cannot be read is refused, with limits and without`(
        _ path: String, _ type: String, _ body: String
    ) async throws {
        let upstream = try ScriptedUpstream.answering(ScriptedUpstream.ok)
        let server = try await Latchkey()
        let project = try await server.project(at: upstream.port)
        for limits in [[], ["tokens=100000000/day"]] {
            let access = try await server.issue(for: project, limits: limits)
            let answer = try server.ask(
                request(
                    "POST", path, access, "Content-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n")
                    + body)
            #expect(answer.status == 400, "\(limits)")
        }
        #expect(upstream.connections.isEmpty)
        await server.stop()
    }
}
