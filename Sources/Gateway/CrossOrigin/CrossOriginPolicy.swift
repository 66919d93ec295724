package import Domain

/// What browsers are told about pages of other origins (Fetch, "CORS protocol"), where the settings allow
/// any: on every answer of the API and of `/me`, errors and streams too.
///
/// `Access-Control-Allow-Credentials` is never sent: no cookie counts here, and the access token is the
/// page's own to send. An upstream's own fields of the protocol are dropped, for they speak of another
/// server.
package struct CrossOriginPolicy: Sendable {
    package typealias Field = (name: String, value: String)

    /// What scripts may read of an answer, beside what they may always.
    private static let exposed = [
        "x-request-id", "x-latchkey-request-id", "x-latchkey-error", "x-latchkey-output-limit", "retry-after",
        "retry-after-ms", "x-should-retry", "ratelimit", "ratelimit-policy", "x-ratelimit-limit-requests",
        "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests", "x-ratelimit-limit-tokens",
        "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens", "openai-processing-ms", "openai-version",
        "server-timing", "content-disposition", "location",
    ].joined(separator: ", ")
    static let methods = "GET, HEAD, POST, DELETE"
    /// Seconds for which a browser need not ask again; two hours are the most that any of them takes.
    private static let maximumAge = "7200"

    private let origins: CrossOrigins
    /// The lines of an answer, by its request's origin, and those of one whose origin is not allowed.
    private let allowedLines: [String: [UInt8]]
    private let otherLines: [UInt8]

    /// nil where no origin is allowed.
    package init?(_ origins: CrossOrigins) {
        self.origins = origins
        switch origins {
        case .none: return nil
        case .any: allowedLines = [:]
        case .only(let allowed):
            let texts = allowed.map(\.description)
            allowedLines = Dictionary(
                uniqueKeysWithValues: texts.map { ($0, Self.lines(Self.fields(allowing: $0))) })
        }
        otherLines = Self.lines(Self.fields(allowing: origins == .any ? "*" : nil))
    }

    /// For an answer to a request with this Origin.
    package func fields(for origin: String?) -> [Field] { Self.fields(allowing: allowed(origin)) }

    /// The same as header lines, each with its line end.
    func lines(for origin: String?) -> [UInt8] { origin.flatMap { allowedLines[$0] } ?? otherLines }

    private static func fields(allowing allowed: String?) -> [Field] {
        guard let allowed else { return [("vary", "origin")] }
        return [
            ("access-control-allow-origin", allowed), ("access-control-expose-headers", exposed),
            ("vary", "origin"),
        ]
    }

    static func lines(_ fields: [Field]) -> [UInt8] {
        fields.flatMap { Array("\($0.name): \($0.value)\r\n".utf8) }
    }

    private func allowed(_ origin: String?) -> String? {
        guard origins != .any else { return "*" }
        return origin.flatMap { allowedLines[$0] == nil ? nil : $0 }
    }
}

extension CrossOriginPolicy {
    /// A browser's question whether it may send a request (Fetch, "CORS-preflight request").
    package struct Preflight: Sendable {
        let origin: String
        /// What `Access-Control-Request-Headers` lists.
        let headers: String?

        /// nil where it is none: without an origin, or without the method that is to follow.
        package init?(origin: String?, method: String?, headers: String?) {
            guard let origin, method != nil else { return nil }
            self.origin = origin
            self.headers = headers
        }
    }

    /// What the answer to a preflight has beside ``fields(for:)``. It asks for no access token: browsers send
    /// none with it.
    ///
    /// - Parameter policy: nil where no origin is allowed.
    package static func answer(
        to preflight: Preflight, by policy: CrossOriginPolicy?
    ) throws(Rejection) -> [Field] {
        guard let policy, policy.allowed(preflight.origin) != nil else {
            throw .originNotAllowed(CrossOriginRefusal(preflight.origin, isEnabled: policy != nil))
        }
        // Whatever headers a client library adds pass through: which they are is not ours to say.
        let headers = preflight.headers ?? "authorization, content-type"
        return [
            ("access-control-allow-methods", methods), ("access-control-allow-headers", headers),
            ("access-control-max-age", maximumAge),
            ("vary", "access-control-request-method, access-control-request-headers"),
        ]
    }
}
