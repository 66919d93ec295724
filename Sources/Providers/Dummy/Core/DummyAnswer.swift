package import Domain

/// What the dummy provider answers, and how slowly: its sender keeps the pauses.
package struct DummyAnswer: Sendable {
    package var status = 200
    /// With `content-length` unless the answer is a stream; names are lower-case.
    package var headers: [(String, String)]
    /// The body. A stream has one server-sent event in each; of a whole body none is longer than
    /// ``chunkLimit``.
    package var chunks: [[UInt8]]
    /// The pause before every chunk but the first.
    package var chunkDelayMilliseconds = 0
    /// The pause before the head and the first chunk.
    package var firstDelayMilliseconds: Int

    /// As many bytes as may be on the way to a client that does not read.
    static let chunkLimit = 64 << 10

    /// A whole body.
    init(status: Int = 200, type: String, body: [UInt8], delay: Int = 0) {
        self.status = status
        headers = [("content-type", type), ("content-length", String(body.count))]
        chunks = stride(from: 0, to: body.count, by: Self.chunkLimit).map {
            Array(body[$0..<min($0 + Self.chunkLimit, body.count)])
        }
        firstDelayMilliseconds = delay
    }

    /// A JSON document.
    init(status: Int = 200, delay: Int = 0, _ document: JSONValue) {
        self.init(status: status, type: "application/json", body: document.encoded, delay: delay)
    }

    /// A stream of server-sent events.
    init(events: [[UInt8]], delay: Int) {
        headers = [("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache")]
        chunks = events
        chunkDelayMilliseconds = delay
        firstDelayMilliseconds = delay
    }

    package init(_ error: APIError) {
        self.init(status: error.status, type: "application/json", body: error.body)
    }

    /// One event of a stream: `data: {…}`, behind its name if it has one.
    static func event(_ data: JSONValue, named name: String? = nil) -> [UInt8] {
        (name.map { Array("event: \($0)\n".utf8) } ?? []) + Array("data: ".utf8) + data.encoded
            + Array("\n\n".utf8)
    }

    /// How streams of completions end.
    static let done = Array("data: [DONE]\n\n".utf8)
}
