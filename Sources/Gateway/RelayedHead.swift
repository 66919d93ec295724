/// What the head of an upstream's answer says that concerns us, found in the pass that writes it for the
/// client.
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
    /// `x-accel-buffering` stands among what was written.
    var tellsBuffering = false

    /// A stream of events of which a proxy in front has not been told that it must not be held back.
    var wantsBufferingOff: Bool { form == .events && !tellsBuffering }

    init(status: Int) { self.status = status }
}
