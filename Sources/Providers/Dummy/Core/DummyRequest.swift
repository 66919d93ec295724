package import Domain

/// What the dummy provider is asked: a request as a client of the OpenAI API makes it, for whom, and the
/// time.
package struct DummyRequest: Sendable {
    /// The largest body that is read, in bytes. What is larger is answered with 413, by its count alone.
    package static let bodyLimit = 8 << 20

    package var method: String
    /// As received, escapes and query included; a leading `/v1` is optional.
    package var target: String
    /// The value of the field `content-type`; nil if absent.
    package var contentType: String?
    /// At most ``bodyLimit`` bytes of it.
    package var body: [UInt8]
    /// Of the whole body, in bytes.
    package var bodyCount: Int
    /// Whose objects it may see: no project sees another's.
    package var project: String
    package var now: Timestamp

    package init(
        method: String, target: String, contentType: String? = nil, body: [UInt8], bodyCount: Int? = nil,
        project: String, now: Timestamp
    ) {
        self.method = method
        self.target = target
        self.contentType = contentType
        self.body = body
        self.bodyCount = bodyCount ?? body.count
        self.project = project
        self.now = now
    }
}
