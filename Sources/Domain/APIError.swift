/// An error as the OpenAI API words it: a status and `{"error":{"message","type","param","code"}}`, all four
/// keys always there. The one place where Latchkey's own errors of the data path get their text.
package struct APIError: Error, Hashable, Sendable {
    package var status: Int
    package var type: String
    package var code: String?
    package var param: String?
    package var message: String
    /// Milliseconds, for `retry-after-ms` and (rounded up) `retry-after`.
    package var retryAfter: Int?
    /// False adds `x-should-retry: false`, which the OpenAI SDKs obey.
    package var isRetryable: Bool

    package init(
        _ status: Int, type: String, code: String?, param: String? = nil, message: String,
        retryAfter: Int? = nil,
        isRetryable: Bool = true
    ) {
        self.status = status
        self.type = type
        self.code = code
        self.param = param
        self.message = message
        self.retryAfter = retryAfter
        self.isRetryable = isRetryable
    }

    /// The body, UTF-8, of one line.
    package var body: [UInt8] {
        var json = JSONWriter()
        json.object { write(to: &$0) }
        return json.bytes
    }

    /// The member `error` of an object.
    package func write(to json: inout JSONWriter) {
        json.object("error") {
            $0.member("message", message)
            $0.member("type", type)
            $0.member("param", param)
            $0.member("code", code)
        }
    }
}
