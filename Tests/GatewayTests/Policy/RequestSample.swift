import Domain
import NIOCore

@testable import Gateway

/// A request as tests of the decision make it: a line, an address and a body of a few keys.
struct RequestSample: CustomStringConvertible {
    enum Content {
        case none, json
        /// A `multipart/form-data` body, whose `model` was read.
        case form
        /// JSON that breaks off.
        case broken
        /// Streams through unread.
        case opaque
        /// JSON as it stands.
        case text(String)
    }

    var method = RequestMethod.post
    var target = "/v1/chat/completions"
    var client: IPAddress?
    var content = Content.json
    var model: String?
    /// By ``maximumKey``.
    var maximum: Int64?
    var maximumKey = "max_completion_tokens"
    var choices: Int64?
    var isStream = false
    var textLength = 5

    var hasBody: Bool { if case .none = content { false } else { true } }
    var isForm: Bool { if case .form = content { true } else { false } }
    var isJSON: Bool {
        switch content {
        case .json, .broken, .text: true
        case .none, .form, .opaque: false
        }
    }
    /// Its model is known to the data path.
    var isRead: Bool {
        switch content {
        case .json, .form: true
        case .none, .broken, .opaque, .text: false
        }
    }

    var body: String {
        switch content {
        case .none: return ""
        case .form, .opaque: return String(repeating: "x", count: textLength)
        case .broken: return #"{"model":"#
        case .text(let text): return text
        case .json:
            var keys = model.map { [#""model":"\#($0)""#] } ?? []
            if let maximum { keys.append(#""\#(maximumKey)":\#(maximum)"#) }
            if let choices { keys.append(#""n":\#(choices)"#) }
            if isStream { keys.append(#""stream":true"#) }
            keys.append(#""messages":[{"content":"\#(String(repeating: "x", count: textLength))"}]"#)
            return "{" + keys.joined(separator: ",") + "}"
        }
    }

    func head(authorization: String) throws(Rejection) -> RequestHead {
        var text = "\(method.name) \(target) HTTP/1.1\r\nHost: a\r\nAuthorization: \(authorization)\r\n"
        if hasBody { text += "Content-Length: \(body.utf8.count)\r\n" }
        if isJSON { text += "Content-Type: application/json\r\n" }
        var input = ByteBuffer(string: text + "\r\n")
        var parser = HeadParser(HeadLimits())
        guard let head = try parser.next(from: &input) else { throw .malformedRequest(.header) }
        return head
    }

    var description: String {
        "\(method.name) \(target) from \(client?.description ?? "-") \(content) \(body.prefix(200))"
    }
}

extension RequestSample {
    private static let paths = [
        "chat/completions", "chat/completions", "chat/completions", "chat/completions", "chat/completions",
        "chat/completions", "chat/completions", "responses", "responses", "completions", "embeddings",
        "images/generations", "images/edits", "audio/speech", "audio/transcriptions", "moderations",
        "conversations", "files", "uploads/u/cancel", "containers", "assistants", "threads", "threads/runs",
        "threads/t/runs", "batches", "videos", "evals", "fine_tuning/jobs", "models", "models/gpt-4.1",
        "models/o3", "models/org%2Fllama", "realtime/client_secrets", "realtime/calls/c/hangup",
        "chatkit/sessions", "chatkit/threads", "organization/users", "projects", "usage", "agents",
        "messages", "rerank", "tokenize", "engines/m/completions", "next_month", "Chat/Completions/",
        "threads//runs", "v1/models",
    ]
    private static let models = ["gpt-4.1", "gpt-5", "o3", "text-embedding-3-small", "my-model", "tts-1"]

    /// `addresses`: where it may come from.
    init(_ random: inout SplitMix, addresses: [IPAddress?]) {
        func pick<Element>(_ elements: [Element]) -> Element { elements[random.below(elements.count)] }
        target = (random.below(8) == 0 ? "/" : "/v1/") + pick(Self.paths)
        method = random.below(4) > 0 ? .post : pick([.get, .get, .head, .delete, .put])
        client = pick(addresses)
        guard method == .post else {
            content = .none
            return
        }
        content = pick([.json, .json, .json, .json, .json, .json, .form, .opaque, .broken])
        model = random.below(8) > 0 ? pick(Self.models) : nil
        if random.below(3) == 0 { choices = Int64(random.below(4)) }
        if random.below(2) == 0 { maximum = pick([0, 1, 100, 1024, 5000, 60_000]) }
        isStream = random.below(3) == 0
        textLength = pick([5, 60, 900])
        guard let path = try? AskedPath(method, target) else { return }
        switch path.endpoint.consumption {
        case .completion: maximumKey = "max_tokens"
        case .response: maximumKey = "max_output_tokens"
        case .imageEdit, .transcription: content = pick([.form, .form, .opaque])
        default: break
        }
        // Where a body is read as JSON whatever it is called.
        if path.endpoint.consumption.takesJSON, !isJSON { content = .json }
    }
}
