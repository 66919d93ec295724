import Domain

/// `batches`: every line of a file is answered, at once, by the endpoint that the batch is for.
///
/// A batch is completed in the answer that makes it; unless a line's model has a delay: then it is
/// `in_progress` until the longest of them has passed, and may be cancelled.
struct DummyBatches {
    static let routes = [
        DummyRoute("POST", "batches") { call throws(APIError) in try DummyBatches(call).make() },
        DummyRoute("GET", "batches") { call throws(APIError) in
            try call.page(call.store.objects(.batch).map(\.value))
        },
        DummyRoute("GET", "batches/{}") { call throws(APIError) in
            DummyAnswer(try call.store.object(.batch, call.id).value)
        },
        DummyRoute("POST", "batches/{}/cancel", cancel),
    ]

    static let lineLimit = 1000
    /// The output of one batch, in bytes.
    static let outputLimit = DummyRequest.bodyLimit

    private static let endpoints = [
        "/v1/responses", "/v1/chat/completions", "/v1/embeddings", "/v1/completions", "/v1/moderations",
        "/v1/images/generations",
    ]

    private let call: DummyCall
    private let body: JSONValue
    private let endpoint: String
    private let file: DummyObject

    private init(_ call: DummyCall) throws(APIError) {
        let body = try call.json()
        guard let endpoint = body["endpoint"]?.string, Self.endpoints.contains(endpoint) else {
            throw .invalid(
                "endpoint must be one of \(Self.endpoints.joined(separator: ", ")).", param: "endpoint")
        }
        guard let id = body["input_file_id"]?.string else { throw .missing("input_file_id") }
        guard body["completion_window"] != nil else { throw .missing("completion_window") }
        file = try call.store.object(.file, id)
        self.call = call
        self.body = body
        self.endpoint = endpoint
    }

    /// What has come of the lines so far.
    private struct Results {
        var output: [UInt8] = []
        var errors: [UInt8] = []
        var completed = 0
        var failed = 0
        var input = 0
        var completion = 0
        var delay = 0
        var model: String?

        var usage: JSONValue { DummyGeneration.responseUsage(input, completion) }

        mutating func count(_ usage: JSONValue?) {
            input += usage?["prompt_tokens"]?.integer ?? usage?["input_tokens"]?.integer ?? 0
            completion += usage?["completion_tokens"]?.integer ?? usage?["output_tokens"]?.integer ?? 0
        }
    }

    private func make() throws(APIError) -> DummyAnswer {
        let id = call.newID("batch_")
        let lines = file.content.split(separator: 0x0A).filter { !$0.allSatisfy { $0 == 0x20 || $0 == 0x0D } }
        var results = Results()
        let problem = problem(of: lines) ?? run(lines, into: &results)
        if let problem {
            let failed = batch(id, "failed", results, lines: lines.count).setting([
                .init("failed_at", .int(call.seconds)),
                .init("errors", ["object": "list", "data": [problem]]),
            ])
            return try keep(DummyObject(.batch, id, failed))
        }
        var ended = batch(id, "completed", results, lines: lines.count)
        for (index, (key, content)) in [
            ("output_file_id", results.output), ("error_file_id", results.errors),
        ]
        .enumerated() where !content.isEmpty {
            let file = DummyFiles.object(
                call.newID("file-", index + 1), named: "\(id)_\(index == 0 ? "output" : "error").jsonl",
                for: "batch_output", content, at: call.seconds)
            try call.store.put(file)
            ended = ended.setting(key, .string(file.id))
        }
        let end = call.now.adding(milliseconds: Int64(results.delay))
        ended = ended.setting([
            .init("finalizing_at", .int(Int(end.milliseconds / 1000))),
            .init("completed_at", .int(Int(end.milliseconds / 1000))),
        ])
        guard results.delay > 0 else { return try keep(DummyObject(.batch, id, ended)) }
        var object = DummyObject(.batch, id, batch(id, "in_progress", Results(), lines: lines.count))
        object.become(ended, at: end)
        return try keep(object)
    }

    private func keep(_ object: DummyObject) throws(APIError) -> DummyAnswer {
        try call.store.put(object)
        return DummyAnswer(object.value)
    }

    private func batch(_ id: String, _ status: String, _ results: Results, lines: Int) -> JSONValue {
        [
            "id": .string(id), "object": "batch", "endpoint": .string(endpoint), "errors": .null,
            "input_file_id": .string(file.id), "completion_window": body["completion_window"] ?? "24h",
            "status": .string(status), "output_file_id": .null, "error_file_id": .null,
            "created_at": .int(call.seconds), "in_progress_at": .int(call.seconds),
            "expires_at": .int(call.seconds + 86_400), "finalizing_at": .null, "completed_at": .null,
            "failed_at": .null, "expired_at": .null, "cancelling_at": .null, "cancelled_at": .null,
            "request_counts": [
                "total": .int(lines), "completed": .int(results.completed), "failed": .int(results.failed),
            ],
            "model": .text(results.model), "metadata": call.metadata(body),
            "usage": status == "completed" ? results.usage : .null,
        ]
    }

    // MARK: - Lines

    private static func problem(_ code: String, _ message: String, line: Int? = nil) -> JSONValue {
        [
            "code": .string(code), "message": .string(message), "param": .null,
            "line": line.map { .int($0) } ?? .null,
        ]
    }

    private func problem(of lines: [ArraySlice<UInt8>]) -> JSONValue? {
        if lines.isEmpty { return Self.problem("empty_file", "The input file has no lines.") }
        if lines.count > Self.lineLimit {
            return Self.problem(
                "too_many_tasks", "The dummy provider takes at most \(Self.lineLimit) lines in a batch.")
        }
        return nil
    }

    /// Answers the lines one after another. Returns what makes the whole batch fail.
    private func run(_ lines: [ArraySlice<UInt8>], into results: inout Results) -> JSONValue? {
        var ids: Set<String> = []
        for (index, line) in lines.enumerated() {
            guard let request = try? JSONValue(parsing: Array(line)), request["body"]?.members != nil else {
                return Self.problem("invalid_json_line", "This line is not a request.", line: index + 1)
            }
            let id = request["custom_id"]?.string ?? ""
            guard ids.insert(id).inserted, !id.isEmpty else {
                return Self.problem(
                    "duplicate_custom_id", "custom_id is missing or not unique.", line: index + 1)
            }
            guard request["url"]?.string == endpoint, request["method"]?.string == "POST" else {
                return Self.problem(
                    "mismatched_endpoint", "This line is not a POST to \(endpoint).", line: index + 1)
            }
            answer(request["body"] ?? [:], id, index, into: &results)
            guard results.output.count + results.errors.count <= Self.outputLimit else {
                return Self.problem(
                    "output_too_large", "The output has more than \(Self.outputLimit) bytes.", line: index + 1
                )
            }
        }
        return nil
    }

    private func answer(_ body: JSONValue, _ id: String, _ index: Int, into results: inout Results) {
        var request = call.request
        request.method = "POST"
        request.target = endpoint
        request.contentType = "application/json"
        request.body = body.setting([.init("stream", false), .init("background", false)]).encoded
        request.bodyCount = request.body.count
        let answer = DummyProvider(memory: call.store.memory).answer(to: request)
        let document = (try? JSONValue(parsing: Array(answer.chunks.joined()))) ?? .null
        let isFailed = answer.status != 200
        let line: JSONValue = [
            "id": .string(call.newID("batch_req_", index + 1)), "custom_id": .string(id),
            "response": [
                "status_code": .int(answer.status),
                "request_id": .string(call.newID("req_", index + 1)), "body": document,
            ], "error": .null,
        ]
        if isFailed {
            results.failed += 1
            results.errors += line.encoded + [0x0A]
        } else {
            results.completed += 1
            results.output += line.encoded + [0x0A]
            results.count(document["usage"])
            results.delay = max(results.delay, answer.firstDelayMilliseconds)
            results.model = results.model ?? body["model"]?.string
        }
    }

    // MARK: - Afterwards

    @Sendable private static func cancel(_ call: DummyCall) throws(APIError) -> DummyAnswer {
        var object = try call.store.object(.batch, call.id)
        let status = object.value["status"]?.string ?? ""
        guard object.later != nil else {
            throw APIError(
                409, type: "invalid_request_error", code: nil,
                message: "Cannot cancel a batch with status '\(status)'.", isRetryable: false)
        }
        object.settle()
        object.value = object.value.setting([
            .init("status", "cancelled"), .init("cancelling_at", .int(call.seconds)),
            .init("cancelled_at", .int(call.seconds)),
        ])
        try call.store.put(object)
        return DummyAnswer(object.value)
    }
}
