import Foundation
import Synchronization

/// An upstream that reads as loosely as any: it decodes a path twice, folds its case, cuts parameters and
/// spaces off, merges slashes, follows method overrides and takes a model from wherever one stands. What it
/// would have done is kept by the case that each request names in `X-Case`, and its answer tells a use.
final class LenientUpstream: Sendable {
    /// What a request would have done.
    struct Deed: Sendable {
        var method: String
        /// Below `/v1`, without a slash at its end.
        var path: String
        var models: Set<String>
        var head: String

        /// It uses a model, begins something that does, or hands out a key or the account.
        var isBilled: Bool {
            guard method == "POST" else { return false }
            let parts = path.split(separator: "/").map(String.init)
            let free = [
                "cancel", "messages", "items", "parts", "complete", "search", "count_tokens", "input_tokens",
            ]
            if let last = parts.last, parts.count > 1, free.contains(last) { return false }
            let billed = [
                "chat/completions", "completions", "embeddings", "responses", "responses/compact",
                "images/generations", "images/edits", "images/variations", "audio/speech",
                "audio/transcriptions",
                "audio/translations", "threads/runs", "batches", "videos", "fine_tuning/jobs", "messages",
                "fim/completions", "rerank", "score", "classify", "pooling", "ocr",
            ]
            return billed.contains(path) || parts.first == "threads" && parts.contains("runs")
                || parts.first == "evals" || parts.first == "engines" || parts.first == "openai"
                || hasPower
        }

        /// It reaches the account, or hands out a key.
        var hasPower: Bool {
            let first = path.split(separator: "/").first.map(String.init) ?? ""
            return [
                "organization", "projects", "me", "usage", "dashboard", "webhook_endpoints",
                "webhook_event_types", "vaults", "safety", "realtime", "live", "chatkit",
            ].contains(first) || method == "DELETE" && first == "models"
        }
    }

    let server: ScriptedUpstream
    private let shelf: Shelf
    var port: Int { server.port }

    init() throws {
        let shelf = Shelf()
        self.shelf = shelf
        server = try ScriptedUpstream { connection in
            while true {
                let message = try connection.readMessage(within: 60000)
                let name = message["x-case"] ?? "none"
                shelf.kept.withLock { $0[name] = Self.deed(of: message) }
                let body =
                    #"{"usage":{"prompt_tokens":3,"completion_tokens":4,"input_tokens":3,"output_tokens":4,"#
                    + #""total_tokens":7},"choices":[],"output":[]}"#
                try connection.send(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: \(name)\r\n"
                        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
            }
        }
    }

    private final class Shelf: Sendable {
        let kept = Mutex<[String: Deed]>([:])
    }

    /// What was done in that case; nil where nothing has arrived.
    func deed(in name: String) -> Deed? { shelf.kept.withLock { $0[name] } }

    private static func deed(of message: RawMessage) -> Deed {
        let words = message.start.split(separator: " ").map(String.init)
        var method = words.first ?? ""
        for override in ["x-http-method-override", "x-http-method", "x-method-override"] {
            if let other = message[override] { method = other }
        }
        var target = words.count > 1 ? words[1] : ""
        for override in ["x-original-url", "x-rewrite-url"] {
            if let other = message[override] { target = other }
        }
        var path = target.split(separator: "?", maxSplits: 1).first.map(String.init) ?? ""
        for _ in 0..<2 { path = path.removingPercentEncoding ?? path }
        path = path.split(separator: "?", maxSplits: 1).first.map(String.init) ?? ""
        let parts = path.lowercased().split(separator: "/").compactMap { part -> String? in
            let name = part.split(separator: ";", omittingEmptySubsequences: false)[0].filter { $0 != " " }
            return name.isEmpty || name == "." ? nil : String(name)
        }
        var models = models(in: String(decoding: message.body, as: UTF8.self))
        for (index, part) in parts.enumerated() where ["engines", "deployments"].contains(part) {
            if index + 1 < parts.count { models.insert(parts[index + 1]) }
        }
        return Deed(
            method: method, path: parts.dropFirst(parts.first == "v1" ? 1 : 0).joined(separator: "/"),
            models: models,
            head: message.fields.map { "\($0.name.lowercased()): \($0.value)\n" }.joined())
    }

    /// The value of each `model`, and the entries of each `models`, however deep.
    private static func models(in text: String) -> Set<String> {
        guard let json = try? JSONSerialization.jsonObject(with: Data(text.utf8)) else { return [] }
        var models: Set<String> = []
        func look(_ value: Any) {
            if let object = value as? [String: Any] {
                for (key, value) in object {
                    if key == "model", let model = value as? String { models.insert(model) }
                    if key == "models" || key == "fallbacks", let list = value as? [String] {
                        models.formUnion(list)
                    }
                    look(value)
                }
            } else if let list = value as? [Any] {
                list.forEach(look)
            }
        }
        look(json)
        return models
    }
}
