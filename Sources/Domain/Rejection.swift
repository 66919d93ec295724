/// A no that Latchkey says before it has contacted anyone: nothing was dispatched and nothing is charged.
///
/// ``reason`` is bounded (a metric label and the value of `x-latchkey-error`); ``apiError`` is what the
/// client reads. Where a credential is refused the client learns one thing only; which of them it was is
/// for us alone.
package enum Rejection: Error, Hashable, Sendable {
    // Who asks
    case missingCredential, malformedCredential, unknownCredential, expiredCredential, revokedCredential
    case suspendedCredential
    /// Something else than an access token.
    case misplacedCredential(CredentialMistake)
    /// Its time has not come.
    case prematureCredential
    /// It only raises an alarm.
    case honeyCredential(AccessTokenID)
    case projectDisabled
    /// Account administration and whatever else a token was not granted.
    case endpointNotGranted
    case addressNotGranted
    /// The model asked for; nil where a request names none that we can read.
    case modelNotGranted(String?)
    // What is asked
    case malformedRequest(Malformation)
    case unknownURL(WrongPath)
    case methodNotAllowed
    /// A browser asks whether a page of this origin may call.
    case originNotAllowed(CrossOriginRefusal)
    case uriTooLong
    case headersTooLarge
    /// The request did not come in time.
    case requestTimeout
    case contentCodingNotSupported
    case expectationFailed
    /// A protocol that the request cannot do without, and that is not served.
    case upgradeNotSupported
    case bodyTooLarge(limit: Int)
    /// A key of the JSON body that we read stands in it twice.
    case duplicateKey(String)
    case malformedBody
    /// A multipart body whose model has to be read, and cannot be.
    case malformedForm(FormFault)
    // How much is asked
    indirect case limited(LimitRefusal)
    /// More output than the access token may ask for at once.
    case outputCapExceeded(cap: Int64, param: String)
    /// A limit on cost applies, and nobody knows what the model costs.
    case unpricedModel(String?)
    // Whether we can
    case overloaded
    /// What is used cannot be written down.
    case ledgerUnavailable
    /// The server is to stop, and takes nothing new.
    case draining
    case noUpstreamCredential

    /// What is wrong with a request's form.
    package enum Malformation: String, Hashable, Sendable {
        case target, method, version, authorization, host, framing, header
        /// It is no HTTP/1 at all.
        case tls, http2
        /// An empty segment of the path, as `//v1` has one.
        case emptySegment = "empty_segment"
        /// A HEAD with a body.
        case headBody = "head_body"
    }

    /// What is wrong with a multipart body.
    package enum FormFault: Hashable, Sendable {
        /// Content-Type has no boundary, or one that not every reader takes for the same.
        case boundary
        /// No line with that boundary, an odd one, or none that ends the form.
        case delimiter
        /// The header of a part.
        case partHeader
        /// The field `model` is no plain text.
        case model
    }

    /// A stable name from a bounded set, for metrics, the access log and `x-latchkey-error`.
    package var reason: String {
        switch self {
        case .missingCredential: "missing_credential"
        case .malformedCredential, .unknownCredential, .expiredCredential, .revokedCredential,
            .suspendedCredential, .prematureCredential, .honeyCredential, .misplacedCredential:
            "invalid_credential"
        case .projectDisabled: "project_disabled"
        case .endpointNotGranted: "endpoint_not_granted"
        case .addressNotGranted: "address_not_granted"
        case .modelNotGranted: "model_not_granted"
        case .limited(let refusal): refusal.isQuota ? "quota_spent" : "rate_limited"
        case .outputCapExceeded: "output_cap_exceeded"
        case .unpricedModel: "unpriced_model"
        case .ledgerUnavailable: "ledger_unavailable"
        case .malformedRequest(let part): "malformed_\(part.rawValue)"
        case .unknownURL: "unknown_url"
        case .methodNotAllowed: "method_not_allowed"
        case .originNotAllowed: "origin_not_allowed"
        case .uriTooLong: "uri_too_long"
        case .headersTooLarge: "headers_too_large"
        case .requestTimeout: "request_timeout"
        case .contentCodingNotSupported: "content_coding_not_supported"
        case .expectationFailed: "expectation_failed"
        case .upgradeNotSupported: "upgrade_not_supported"
        case .bodyTooLarge: "body_too_large"
        case .duplicateKey: "duplicate_key"
        case .malformedBody: "malformed_body"
        case .malformedForm: "malformed_form"
        case .overloaded: "overloaded"
        case .draining: "draining"
        case .noUpstreamCredential: "no_upstream_credential"
        }
    }

    /// Like ``reason``, and tells refused credentials apart: for the operator's eyes (metrics, access log).
    package var internalReason: String {
        switch self {
        case .malformedCredential, .misplacedCredential: "malformed_credential"
        case .unknownCredential: "unknown_credential"
        case .expiredCredential: "expired_credential"
        case .revokedCredential: "revoked_credential"
        case .suspendedCredential: "suspended_credential"
        case .prematureCredential: "premature_credential"
        case .honeyCredential: "honey_credential"
        default: reason
        }
    }

    /// True where the connection is closed after the answer: what follows on it cannot be trusted to be a
    /// request.
    package var closesConnection: Bool {
        switch self {
        case .malformedRequest, .upgradeNotSupported, .uriTooLong, .headersTooLarge, .requestTimeout,
            .bodyTooLarge,
            .expectationFailed, .draining:
            true
        default: false
        }
    }

    package var apiError: APIError {
        let invalid = "invalid_request_error"
        return switch self {
        case .missingCredential:
            APIError(
                401, type: invalid, code: "invalid_api_key",
                message: "You didn't provide an access token. Send it as 'Authorization: Bearer lk_…'; "
                    + "other headers, such as x-api-key and api-key, are not read.")
        case .misplacedCredential(let mistake):
            APIError(401, type: invalid, code: "invalid_api_key", message: mistake.message)
        case .malformedCredential, .unknownCredential, .expiredCredential, .revokedCredential,
            .suspendedCredential, .prematureCredential, .honeyCredential:
            APIError(
                401, type: invalid, code: "invalid_api_key",
                message: "The access token is not valid. Ask whoever issued it for a new one.")
        case .projectDisabled:
            APIError(
                403, type: invalid, code: "insufficient_permissions",
                message: "The project this access token belongs to is disabled.")
        case .endpointNotGranted:
            APIError(
                403, type: invalid, code: "insufficient_permissions",
                message: "This access token is not granted this endpoint.")
        case .addressNotGranted:
            APIError(
                403, type: invalid, code: "insufficient_permissions",
                message: "This access token may not be used from this address.")
        case .modelNotGranted(let model):
            APIError(
                403, type: invalid, code: "model_not_found", param: "model",
                message: model.map { "This access token is not granted the model '\($0)'." }
                    ?? "This access token is granted some models only, and the request names none.")
        case .limited(let refusal): refusal.apiError
        case .outputCapExceeded(let cap, let param):
            APIError(
                400, type: invalid, code: "output_cap_exceeded", param: param,
                message: "This access token may ask for at most \(cap) output tokens at once.")
        case .unpricedModel(let model):
            APIError(
                403, type: invalid, code: "model_not_found", param: "model",
                message: model.map { "The model '\($0)' has no price, and a limit on cost applies." }
                    ?? "The request names no model, and a limit on cost applies.")
        case .malformedRequest(let part):
            APIError(400, type: invalid, code: nil, message: part.message)
        case .unknownURL(let path):
            APIError(404, type: invalid, code: "unknown_url", message: path.message)
        case .methodNotAllowed:
            APIError(
                405, type: invalid, code: "method_not_allowed",
                message: "Only GET, HEAD, POST and DELETE are allowed.")
        case .originNotAllowed(let refusal):
            APIError(403, type: invalid, code: "origin_not_allowed", message: refusal.message)
        case .uriTooLong:
            APIError(414, type: invalid, code: "uri_too_long", message: "The request's URL is too long.")
        case .headersTooLarge:
            APIError(
                431, type: invalid, code: "headers_too_large",
                message: "The request's headers are too many or too long.")
        case .requestTimeout:
            APIError(
                408, type: invalid, code: "request_timeout",
                message: "The request took too long to arrive.")
        case .contentCodingNotSupported:
            APIError(
                415, type: invalid, code: "content_coding_not_supported",
                message: "This request body must not be compressed: leave Content-Encoding out.")
        case .expectationFailed:
            APIError(
                417, type: invalid, code: "expectation_failed",
                message: "The only expectation supported is 100-continue.")
        case .upgradeNotSupported:
            APIError(
                426, type: invalid, code: "upgrade_not_supported",
                message: "WebSocket is not supported here: use HTTP/1.1 requests.")
        case .bodyTooLarge(let limit):
            APIError(
                413, type: invalid, code: "request_too_large",
                message: "The request body is larger than \(limit) bytes.")
        case .duplicateKey(let key):
            APIError(
                400, type: invalid, code: nil, param: key,
                message: "The key '\(key)' stands twice in the body.")
        case .malformedBody:
            APIError(400, type: invalid, code: nil, message: "The request body is not a JSON object.")
        case .malformedForm(let fault):
            APIError(
                400, type: invalid, code: nil, param: fault == .model ? "model" : nil, message: fault.message)
        case .overloaded:
            APIError(
                503, type: "server_error", code: "overloaded",
                message: "The proxy is overloaded. Try again in a moment.", retryAfter: 1000)
        case .ledgerUnavailable:
            APIError(
                503, type: "server_error", code: "overloaded",
                message: "The proxy cannot write down what is used. Try again in a moment.", retryAfter: 1000)
        case .draining:
            APIError(
                503, type: "server_error", code: "overloaded",
                message: "The proxy is about to stop. Try again in a moment.", retryAfter: 1000)
        case .noUpstreamCredential:
            APIError(
                503, type: "server_error", code: "upstream_unavailable",
                message: "No upstream key is set for this project. Tell the operator.", isRetryable: false)
        }
    }
}

extension Rejection.Malformation {
    fileprivate var message: String {
        switch self {
        case .target: "The request target is not a plain path."
        case .method: "The request line does not begin with a known HTTP method."
        case .version: "Unsupported protocol version: this server speaks HTTP/1.1 and HTTP/1.0 only."
        case .authorization: "Duplicate Authorization header."
        case .host: "Missing, duplicate or invalid Host header."
        case .framing:
            "Ambiguous message length: both Content-Length and Transfer-Encoding, or invalid values of them."
        case .header: "Malformed request header: each line must be 'Name: value' and end with CRLF."
        case .tls: "This port speaks plain HTTP, not TLS: use a URL that begins with http://."
        case .http2: "This server speaks HTTP/1.1 only, not HTTP/2."
        case .emptySegment:
            "The path has an empty segment ('//'). Check the client's base URL for a doubled slash."
        case .headBody: "A HEAD request must not have a body."
        }
    }
}

extension Rejection.FormFault {
    fileprivate var message: String {
        let form = "The multipart/form-data body cannot be read: "
        return switch self {
        case .boundary: form + "Content-Type has no valid boundary."
        case .delimiter:
            form
                + "a boundary line is missing or malformed. Lines end with CRLF, and '--boundary--' comes last."
        case .partHeader: form + "the header of a part is malformed or ambiguous."
        case .model: form + "the field 'model' must be a single line of plain text."
        }
    }
}
