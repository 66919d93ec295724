package import Domain

/// What the dummy provider is asked: a request as a client of the OpenAI API makes it, and the time.
package struct DummyRequest: Sendable {
    package var method: String
    /// As it stands in the target, escapes and all, without the query; the leading `/v1` may be there or not.
    package var path: String
    package var body: [UInt8]
    package var now: Timestamp

    package init(method: String, path: String, body: [UInt8], now: Timestamp) {
        self.method = method
        self.path = path
        self.body = body
        self.now = now
    }
}
