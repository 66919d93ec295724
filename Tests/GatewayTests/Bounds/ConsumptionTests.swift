import Domain
import Testing

@testable import Gateway

/// Which requests use a model, and how.
struct ConsumptionTests {
    private func consumption(_ method: RequestMethod, _ target: String) throws -> Consumption {
        var target = target
        return try target.withUTF8 { bytes in
            let bytes = UnsafeRawBufferPointer(bytes)
            let endpoint = Result { () throws(Rejection) in try PathPolicy.check(method, bytes) }
            return Consumption(of: try endpoint.get(), in: bytes)
        }
    }

    @Test(arguments: [
        ("/v1/chat/completions", Consumption.chat), ("/v1/chat/completions/", .chat),
        ("/v1/chat/completions?a=/b/c", .chat), ("/v1/chat/completions/chatcmpl-1", .free),
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
    ])
    func `a path that is posted to tells the use`(target: String, expected: Consumption) throws {
        #expect(try consumption(.post, target) == expected)
    }

    @Test(arguments: ["/v1/chat/completions", "/v1/responses/resp_1", "/v1/anything", "/v1/batches/b"])
    func `reading and deleting use nothing`(target: String) throws {
        #expect(try consumption(.get, target) == .free)
        #expect(try consumption(.delete, target) == .free)
    }
}
