/// What the head of an upstream's answer says that concerns us, found in the pass that writes it for the client.
struct RelayedHead {
    let status: Int
    /// Content-Length stands among what was written.
    var hasLength = false
    /// nil without a Content-Type.
    var form: UsageMeter.Form?
    /// The body has a content coding.
    var isEncoded = false
    /// The upstream's `x-request-id`.
    var requestID: String?

    init(status: Int) { self.status = status }
}
