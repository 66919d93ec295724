import Domain

/// The provider that answers without a network: `dummy:` as a project's upstream URL.
///
/// A pure function: the same request at the same time has the same answer, whose shape is OpenAI's and whose
/// usage is true to its words. Knows chat completions, completions, responses, embeddings, models,
/// moderations, speech, transcriptions and images; anything else is OpenAI's 404. ``DummyModel`` tells how a
/// model's name asks for a length and a delay.
package struct DummyProvider: Sendable {
    package init() {}

    package func answer(to request: DummyRequest) -> DummyAnswer {
        do throws(APIError) {
            return try route(request)
        } catch {
            return DummyAnswer(error)
        }
    }

    private func route(_ request: DummyRequest) throws(APIError) -> DummyAnswer {
        let now = request.now
        let segments = Self.segments(of: request.path)
        if segments.first == "models" { return try models(request, Array(segments.dropFirst())) }
        guard request.method == "POST" else { throw Self.unknownURL(request) }
        switch segments {
        case ["chat", "completions"]:
            return try DummyCompletions(.chat, body: try Self.json(request.body), now: now).answer
        case ["completions"]:
            return try DummyCompletions(.text, body: try Self.json(request.body), now: now).answer
        case ["responses"]: return try DummyResponses(body: try Self.json(request.body), now: now).answer
        case ["embeddings"]: return try DummyEmbeddings(body: try Self.json(request.body)).answer
        case ["moderations"]: return try DummyMedia.moderation(body: try Self.json(request.body), now: now)
        case ["images", "generations"]:
            return try DummyMedia.image(body: try Self.json(request.body), now: now)
        case ["audio", "speech"]: return try DummyMedia.speech(body: try Self.json(request.body))
        case ["audio", "transcriptions"], ["audio", "translations"]: return DummyMedia.transcription()
        default: throw Self.unknownURL(request)
        }
    }

    // MARK: - Models

    /// The names that a list of models shows; others are answered too.
    private static let listed = [
        "dummy", "dummy-length-500", "dummy-delay-20ms", "dummy-delay-20ms-length-500",
    ]

    private func models(_ request: DummyRequest, _ id: [String]) throws(APIError) -> DummyAnswer {
        let name = id.joined(separator: "/")
        switch (request.method, name.isEmpty) {
        case ("GET", true):
            return DummyAnswer {
                $0.member("object", "list")
                $0.array("data") { for name in Self.listed { $0.object { Self.writeModel(name, to: &$0) } } }
            }
        case ("GET", false):
            guard DummyModel(name) != nil else { throw Self.unknownModel(name) }
            return DummyAnswer { Self.writeModel(name, to: &$0) }
        case ("DELETE", false):
            return DummyAnswer {
                $0.member("id", name)
                $0.member("object", "model")
                $0.member("deleted", true)
            }
        default: throw Self.unknownURL(request)
        }
    }

    private static func writeModel(_ name: String, to json: inout JSONWriter) {
        json.member("id", name)
        json.member("object", "model")
        json.member("created", 1_700_000_000)
        json.member("owned_by", "latchkey")
    }

    // MARK: - Requests

    /// The decoded segments below `/v1`.
    private static func segments(of path: String) -> [String] {
        var segments = path.split(separator: "/").map(decoded)
        if segments.first == "v1" { segments.removeFirst() }
        return segments
    }

    /// Escapes replaced by their bytes; what is no escape stays.
    private static func decoded(_ segment: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(segment.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == 0x25, rest.count >= 2, let high = JSONText.hexDigit(rest[rest.startIndex]),
                let low = JSONText.hexDigit(rest[rest.startIndex + 1])
            {
                bytes.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func json(_ body: [UInt8]) throws(APIError) -> JSONValue {
        do throws(JSONValue.Malformed) {
            let value = try JSONValue(parsing: body)
            if case .object = value { return value }
        } catch {
            throw invalid("We could not parse the JSON body of your request (at byte \(error.offset)).")
        }
        throw invalid("The JSON body of your request is not an object.")
    }

    static func modelName(of body: JSONValue) throws(APIError) -> String {
        guard let name = body["model"]?.string, !name.isEmpty else {
            throw invalid("you must provide a model parameter")
        }
        return name
    }

    // MARK: - Errors

    private static func invalid(_ message: String, param: String? = nil, code: String? = nil) -> APIError {
        APIError(400, type: "invalid_request_error", code: code, param: param, message: message)
    }

    static func missing(_ parameter: String) -> APIError {
        invalid(
            "Missing or invalid parameter: '\(parameter)'.", param: parameter,
            code: "missing_required_parameter")
    }

    static func unknownModel(_ name: String) -> APIError {
        APIError(
            404, type: "invalid_request_error", code: "model_not_found",
            message: "The model '\(name)' does not exist: dummy models are named "
                + "dummy[-delay-<number>ms][-length-<number>], up to 60 seconds and 10000 words.")
    }

    private static func unknownURL(_ request: DummyRequest) -> APIError {
        APIError(
            404, type: "invalid_request_error", code: "unknown_url",
            message: "Invalid URL (\(request.method) \(request.path))")
    }

    /// An id that tells its moment, after the prefix of its kind.
    static func id(_ prefix: String, _ now: Timestamp) -> String {
        let digits = Base62.encode(UInt64(clamping: now.milliseconds), width: 12)
        return prefix + "dummy" + String(decoding: digits, as: UTF8.self)
    }
}
