import Domain

/// What the dummy provider answers, and how slowly: whoever sends it keeps the pauses.
package struct DummyAnswer: Sendable {
    package var status: Int
    /// With `content-length` where the answer is no stream; names are lower-case.
    package var headers: [(String, String)]
    /// The body. A stream has one server-sent event in each.
    package var chunks: [[UInt8]]
    /// The pause before every chunk but the first.
    package var chunkDelayMilliseconds: Int
    /// The pause before the head and the first chunk.
    package var firstDelayMilliseconds: Int

    /// A whole body.
    init(status: Int = 200, type: String, body: [UInt8], delay: Int = 0) {
        self.status = status
        headers = [("content-type", type), ("content-length", String(body.count))]
        chunks = [body]
        chunkDelayMilliseconds = delay
        firstDelayMilliseconds = delay
    }

    /// A JSON document.
    init(status: Int = 200, delay: Int = 0, json members: (inout JSONWriter) -> Void) {
        var json = JSONWriter()
        json.object(members)
        self.init(status: status, type: "application/json", body: json.bytes, delay: delay)
    }

    /// A stream of server-sent events.
    init(events: [[UInt8]], delay: Int) {
        status = 200
        headers = [("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache")]
        chunks = events
        chunkDelayMilliseconds = delay
        firstDelayMilliseconds = delay
    }

    init(_ error: APIError) {
        self.init(status: error.status, type: "application/json", body: error.body)
    }
}
