import Domain
import Synchronization
import Testing

/// The same request, sent to the upstream directly and through Latchkey: what differs is written down here.
@Suite(.serialized) @EndToEnd struct TransparencyTests {
    /// Field of the request, and why it is not the same at the upstream.
    static let requestDifferences = [
        "host": "names the upstream, not the proxy",
        "authorization": "carries the upstream's key instead of the access token",
        "accept-encoding": "usage is read from answers that have no coding",
        "connection": "hop-by-hop",
        "content-length": "written again by the transfer: compared by value, for it may stand elsewhere",
        "transfer-encoding": "hop-by-hop; the chunks are the transfer's own",
        "openai-organization": "the project's, if it has one",
        "x-latchkey-hop": "added, so that no upstream leads back here unnoticed",
    ]
    /// Field of the answer, and why it is not the same at the client.
    static let answerDifferences = [
        "x-latchkey-request-id": "added",
        "connection": "hop-by-hop",
        "transfer-encoding": "hop-by-hop; the chunks are the proxy's own",
        "keep-alive": "hop-by-hop",
        "set-cookie": "tells of the shared account",
        "openai-organization": "tells of the shared account",
        "openai-project": "tells of the shared account",
    ]

    /// What a `GET` below these reads may report the usage of work that went on.
    static let reporting = [
        "/v1/chat/", "/v1/responses", "/v1/conversations", "/v1/batches", "/v1/threads", "/v1/evals",
        "/v1/videos",
        "/v1/fine_tuning",
    ]

    struct Operation: CustomStringConvertible, Sendable {
        var method: String
        var target: String
        var type: String?
        var body = ""
        var isChunked = false
        var description: String { "\(method) \(target)\(isChunked ? " (chunked)" : "")" }
    }

    static let multipart =
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n\u{0}\u{1}\r\n--b\r\n"
        + "Content-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--b--\r\n"

    static func json(_ target: String, _ body: String = #"{"messages":[], "model" : "gpt-4o"}"#) -> Operation
    {
        Operation(method: "POST", target: target, type: "application/json", body: body)
    }
    static func form(_ target: String, isChunked: Bool = false) -> Operation {
        Operation(
            method: "POST", target: target, type: "multipart/form-data; boundary=b", body: multipart,
            isChunked: isChunked)
    }

    static let operations: [Operation] =
        [
            "chat/completions", "completions", "embeddings", "responses", "responses/resp_1/cancel",
            "moderations",
            "images/generations", "audio/speech", "fine_tuning/jobs", "batches", "assistants", "threads",
            "threads/t/runs/r/submit_tool_outputs", "vector_stores/v/search", "evals", "conversations",
            "containers",
        ].map { json("/v1/\($0)") }
        + [
            "files", "uploads/u/parts", "audio/transcriptions", "audio/translations", "images/edits",
            "images/variations", "videos", "containers/c/files", "skills",
        ].flatMap { [form("/v1/\($0)"), form("/v1/\($0)", isChunked: true)] }
        + [
            "models", "models/ft:gpt-4o:org::id", "models/org%2Fllama", "files/f/content", "videos/v/content",
            "threads/t/runs/r/steps/s?include[]=step_details.tool_calls[*].file_search.results[*].content",
            "files?after=f_1&limit=2&order=desc", "responses/r?include[]=a&include[]=b%20c&x=%zz&=&&",
        ].map { Operation(method: "GET", target: "/v1/\($0)") }
        + ["models/ft:a:b", "files/f", "responses/r", "threads/t", "vector_stores/v/files/f"].map {
            Operation(method: "DELETE", target: "/v1/\($0)")
        } + [
            Operation(method: "POST", target: "/v1/realtime/calls", type: "application/sdp", body: "v=0\r\n"),
            Operation(method: "POST", target: "/v1/uploads/u/cancel"),
            json("/v1/chat/completions", ""), json("/v1/chat/completions", "{\"a\":\"\u{e4}\\u0000\"}  \n"),
        ]

    nonisolated static let answers: [(String, Bool)] = [
        (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: r\r\nX-Twice: "
                + "1\r\nX-Twice: 2\r\n"
                + "x-ratelimit-limit-requests: 5\r\nX-Empty:\r\nContent-Length: 4\r\n\r\n{ }\n", false
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Encoding: gzip\r\nTransfer-Encoding: "
                + "chunked\r\n\r\n3\r\n\u{0}\r\n\r\n1\r\n\u{7f}\r\n0\r\n\r\n", false
        ),
        ("HTTP/1.1 429 Too Many Requests\r\nRetry-After-Ms: 20\r\nContent-Length: 2\r\n\r\nno", false),
        ("HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n", false),
        ("HTTP/1.1 302 Found\r\nLocation: http://evil.test/\r\nContent-Length: 0\r\n\r\n", false),
        ("HTTP/1.1 500 Oh\r\nConnection: close\r\n\r\nto the end", true),
    ]

    @Test func `what reaches the upstream and what comes back are those of a direct call`() async throws {
        let turn = Mutex(0)
        let seen = Mutex<[RawMessage]>([])
        let upstream = try ScriptedUpstream { connection in
            while true {
                let message = try connection.readMessage(within: 60000)
                seen.withLock { $0.append(message) }
                let (answer, ends) = Self.answers[turn.withLock { $0 } % Self.answers.count]
                try connection.send(answer)
                if ends { return }
            }
        }
        let server = try await Latchkey()
        // Some endpoints need their name in a grant.
        let access = try await server.access(
            to: upstream, grants: [.endpoints(Set(EndpointKind.allCases))])
        for (index, operation) in Self.operations.enumerated() {
            // Every operation meets an answer, and every answer each kind of operation.
            turn.withLock { $0 = index }
            let answers = try [upstream.port, server.port].map { port in
                let client = try RawSocket.connect(to: port)
                try client.send(Self.text(operation, access))
                return try client.readMessage()
            }
            let requests = seen.withLock { requests in
                defer { requests = [] }
                return requests
            }
            try #require(requests.count == 2)
            Self.expectSame(requests[0], requests[1], but: Self.requestDifferences, operation)
            Self.expectSame(answers[0], answers[1], but: Self.answerDifferences, operation)
            #expect(requests[1]["authorization"] == "Bearer \(Latchkey.upstreamKey)")
            #expect(requests[1]["host"] == "127.0.0.1:\(upstream.port)")
            // What was held until it was whole has a length.
            let isChunked = requests[1]["transfer-encoding"] != nil
            let length = requests[0]["content-length"] ?? (isChunked ? nil : "\(requests[1].body.count)")
            #expect(
                requests[1]["content-length"]
                    == (operation.body.isEmpty ? requests[0]["content-length"] : length), "\(operation)")
            #expect(requests[1]["x-latchkey-hop"] != nil)
            // Usage is read from answers that have no coding.
            let isMetered =
                operation.method == "POST" || Self.reporting.contains { operation.target.hasPrefix($0) }
            let codings = isMetered ? ["gzip, deflate", "identity"] : ["gzip, deflate"]
            #expect(codings.contains(requests[1]["accept-encoding"] ?? ""), "\(operation)")
        }
        await server.stop()
    }

    private static func expectSame(
        _ direct: RawMessage, _ proxied: RawMessage, but differences: [String: String], _ operation: Operation
    ) {
        #expect(direct.start == proxied.start, "\(operation)")
        #expect(direct.body == proxied.body, "\(operation)")
        #expect(direct.isComplete && proxied.isComplete, "\(operation)")
        let names = Array(differences.keys)
        #expect(direct.without(names) == proxied.without(names), "\(operation)")
    }

    private static func text(_ operation: Operation, _ access: Latchkey.Access) -> String {
        var fields =
            "Accept: */*\r\nAccept-Encoding: gzip, deflate\r\nUser-Agent: OpenAI/Python "
            + "2\r\nX-Stainless-Lang: python\r\n"
            + "OpenAI-Organization: org\r\nX-Empty:\r\nX-Twice: 1\r\nX-Twice: 2\r\n"
        if let type = operation.type { fields += "Content-Type: \(type)\r\n" }
        var body = operation.body
        if operation.isChunked {
            fields += "Transfer-Encoding: chunked\r\n"
            body = "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n"
        } else if operation.type != nil || operation.method == "POST" {
            fields += "Content-Length: \(body.utf8.count)\r\n"
        }
        return request(operation.method, operation.target, access, fields) + body
    }
}
