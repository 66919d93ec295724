import Domain
import Foundation
import Testing

@testable import Gateway

/// Which requests use a model, and how.
struct ConsumptionTests {
    private func consumption(_ method: RequestMethod, _ target: String) throws -> Consumption {
        var target = target
        return try target.withUTF8 { bytes in
            let bytes = UnsafeRawBufferPointer(bytes)
            let endpoint = Result { () throws(Rejection) in try PathPolicy.check(method, bytes) }
            return try endpoint.get().consumption
        }
    }

    @Test(arguments: [
        ("/v1/chat/completions", Consumption.chat), ("/v1/chat/completions/", .chat),
        ("/v1/chat/completions?a=/b/c", .chat), ("/v1/chat/completions/chatcmpl-1", .other),
        ("/v1/completions", .completion), ("/v1/embeddings", .embedding), ("/v1/responses", .response),
        ("/v1/responses/compact", .response), ("/v1/responses/input_tokens", .free),
        ("/v1/responses/resp_1/cancel", .free), ("/v1/responses/resp_1/anew", .other),
        ("/v1/images/generations", .image), ("/v1/images/edits", .imageEdit),
        ("/v1/images/variations", .imageEdit), ("/v1/audio/speech", .speech),
        ("/v1/audio/transcriptions", .transcription), ("/v1/audio/translations", .transcription),
        ("/v1/audio/voices", .other), ("/v1/threads", .free), ("/v1/threads/runs", .run),
        ("/v1/threads/t/messages", .free), ("/v1/threads/t/runs", .run),
        ("/v1/threads/t/runs/r/submit_tool_outputs", .run), ("/v1/threads/t/runs/r/cancel", .free),
        ("/v1/batches", .batch), ("/v1/batches/b/cancel", .free), ("/v1/moderations", .free),
        ("/v1/files", .free), ("/v1/fine_tuning/jobs", .other), ("/v1/anything", .other),
        // What is not listed is not free.
        ("/v1/chat/completions/x/y", .other), ("/v1/models/x", .other), ("/v1/models", .other),
        ("/v1/files/f/content", .other), ("/v1/files/f", .other), ("/v1/moderations/x", .other),
        ("/v1/images/anew", .other), ("/v1/images", .other), ("/v1/assistants/a/b", .other),
        ("/v1/conversations/c/items/i", .other), ("/v1/containers/c", .other), ("/v1/skills/s/x", .other),
        ("/v1/vector_stores/v/x", .other), ("/v1/uploads/u/x", .other),
        ("/v1/threads/t/messages/m/x", .other),
        ("/v1/batches/b", .other), ("/v1/chatkit/sessions", .other), ("/v1/live/sessions", .other),
        // What is listed
        ("/v1/uploads/u/parts", .free), ("/v1/vector_stores/v/search", .free),
        ("/v1/vector_stores/v/file_batches/b/cancel", .free), ("/v1/threads/t/runs/r", .free),
        ("/v1/threads/t/messages/m", .free), ("/v1/fine_tuning/jobs/j/pause", .free),
        ("/v1/evals/e/runs", .other), ("/v1/evals/e/runs/r", .free), ("/v1/messages", .other),
        ("/v1/messages/count_tokens", .free), ("/v1/messages/batches", .batch), ("/v1/containers", .free),
        // However it is spelt
        ("/v1/Threads/t/RUNS/", .run), ("/v1/threads/RUNS", .run),
    ])
    func `a path that is posted to tells the use`(target: String, expected: Consumption) throws {
        #expect(try consumption(.post, target) == expected)
    }

    @Test(arguments: ["/v1/chat/completions", "/v1/responses/resp_1", "/v1/anything", "/v1/batches/b"])
    func `reading and deleting use nothing`(target: String) throws {
        #expect(try consumption(.get, target) == .free)
        #expect(try consumption(.delete, target) == .free)
    }

    /// A run of random spellings of one path: capitals, escapes, a slash at its end, parameters, doubled
    /// parts.
    private func spelling(of path: String, _ random: inout SplitMix) -> String {
        var text = ""
        for byte in path.dropFirst(4).utf8 {
            let character = Character(Unicode.Scalar(byte))
            switch random.below(24) {
            case 0...3: text += character.uppercased()
            case 4: text += "%" + String(byte, radix: 16)
            case 5: text += "%25" + String(byte, radix: 16)
            case 6 where character == "/": text += "%2F"
            case 7 where character == "/": text += "//"
            case 8 where character == "/": text += ";x=1/"
            case 9 where character == "/": text += "/./"
            case 10 where character == "/": text += "%3b/"
            case 11 where character == "/": text += "%20/"
            default: text.append(character)
            }
        }
        switch random.below(8) {
        case 0: text += "/"
        case 1: text += ";a=b"
        case 2: text += "%20"
        case 3: text += "?x=/free"
        case 4: text += "%3Fx"
        default: break
        }
        return "/v1/" + text
    }

    /// What a lenient upstream would read: decoded twice, small letters, without parameters, dots and doubled
    /// slashes.
    private func canonical(_ target: String) -> String {
        var path = target.split(separator: "?", maxSplits: 1).first.map(String.init) ?? ""
        for _ in 0..<2 { path = path.removingPercentEncoding ?? path }
        path = path.split(separator: "?", omittingEmptySubsequences: false).first.map(String.init) ?? ""
        let parts = path.lowercased().split(separator: "/").map { part in
            part.split(separator: ";", omittingEmptySubsequences: false)[0].filter { $0 != " " }
        }
        return "/" + parts.filter { !$0.isEmpty && $0 != "." }.joined(separator: "/")
    }

    @Test(arguments: [
        "/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses", "/v1/responses/compact",
        "/v1/images/generations", "/v1/images/edits", "/v1/audio/speech", "/v1/audio/transcriptions",
        "/v1/threads/runs", "/v1/threads/t/runs", "/v1/threads/t/runs/r/submit_tool_outputs", "/v1/batches",
        "/v1/videos", "/v1/fine_tuning/jobs", "/v1/evals/e/runs", "/v1/realtime/client_secrets",
        "/v1/messages",
        "/v1/chatkit/sessions", "/v1/containers", "/v1/assistants", "/v1/organization/users", "/v1/me",
    ])
    func `no spelling of a path is cheaper than the plain one`(path: String) throws {
        func endpoint(_ target: String) throws -> Endpoint {
            var target = target
            return try target.withUTF8 { bytes in
                try Result { () throws(Rejection) in
                    try PathPolicy.check(.post, UnsafeRawBufferPointer(bytes))
                }.get()
            }
        }
        let plain = try endpoint(path)
        var random = SplitMix(state: 15)
        var passed = 0
        for _ in 0..<2000 {
            let target = spelling(of: path, &random)
            guard canonical(target) == path, let read = try? endpoint(target) else { continue }
            passed += 1
            let isSame = read.kind == plain.kind && read.consumption == plain.consumption
            // What has an escape may be anything, and needs the endpoint's name wherever something is
            // limited.
            let isDearer = read.kind == plain.kind && read.consumption == .other && read.legible == []
            #expect(isSame && read.legible == plain.legible || isDearer, "\(target)")
        }
        #expect(passed > 5)
    }
}
