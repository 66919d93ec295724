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
    /// What a restriction depends on cannot be read from a request to it, and no grant names it.
    case endpointUnnamed(EndpointKind, Unreadable)
    /// Latchkey does not know it, and the project refuses what it does not know.
    case unknownEndpoint(ProjectID)
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
    /// A JSON body in something else than UTF-8.
    case charsetNotSupported
    case expectationFailed
    /// A protocol that the request cannot do without, and that is not served.
    case upgradeNotSupported
    case bodyTooLarge(limit: Int)
    /// A key of the JSON body that we read stands in it twice.
    case duplicateKey(String)
    case malformedBody
    /// A JSON object with more keys than are read.
    case tooManyKeys(limit: Int)
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
    /// The access token has its share of the requests that may be in flight.
    case tooManyInFlight(limit: Int)
    /// What is used cannot be written down.
    case ledgerUnavailable
    /// The server is to stop, and takes nothing new.
    case draining
    case noUpstreamCredential
    /// It has come through this server before: an upstream leads back here.
    case loopDetected

    /// What is wrong with a request's form.
    package enum Malformation: String, Hashable, Sendable {
        case target, method, version, authorization, host, framing, header
        /// It is no HTTP/1 at all.
        case tls, http2
        /// An empty segment of the path, as `//v1` has one.
        case emptySegment = "empty_segment"
        /// A HEAD with a body.
        case headBody = "head_body"
        /// A GET or DELETE with a body.
        case unexpectedBody = "unexpected_body"
        /// More than one Content-Type.
        case contentType = "content_type"
        /// One of our credentials in the URL.
        case credentialInTarget = "credential_in_target"
        /// One of our credentials in Content-Type.
        case credentialInType = "credential_in_type"
    }

    /// What of a request cannot be read from its body, though a restriction depends on it.
    package enum Unreadable: String, Hashable, Sendable {
        /// Which models it uses: a grant names some.
        case model
        /// What it costs: cost is limited.
        case cost
        /// How many tokens it uses at most: a quota of tokens applies.
        case tokens
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
        /// More parts than are read.
        case partCount
    }

    /// A stable name from a bounded set, for metrics, the access log and `x-latchkey-error`.
    package var reason: String {
        switch self {
        case .missingCredential: "missing_credential"
        case .malformedCredential, .unknownCredential, .expiredCredential, .revokedCredential,
            .suspendedCredential, .prematureCredential, .honeyCredential, .misplacedCredential:
            "invalid_credential"
        case .projectDisabled: "project_disabled"
        case .endpointNotGranted, .endpointUnnamed: "endpoint_not_granted"
        case .unknownEndpoint: "unknown_endpoint"
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
        case .charsetNotSupported: "charset_not_supported"
        case .expectationFailed: "expectation_failed"
        case .upgradeNotSupported: "upgrade_not_supported"
        case .bodyTooLarge: "body_too_large"
        case .duplicateKey: "duplicate_key"
        case .malformedBody: "malformed_body"
        case .tooManyKeys: "too_many_keys"
        case .malformedForm: "malformed_form"
        case .overloaded: "overloaded"
        case .tooManyInFlight: "too_many_in_flight"
        case .draining: "draining"
        case .noUpstreamCredential: "no_upstream_credential"
        case .loopDetected: "loop_detected"
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
        case .endpointUnnamed(let endpoint, let unreadable):
            APIError(
                403, type: invalid, code: "insufficient_permissions",
                message:
                    "This access token is not granted this endpoint: \(unreadable.clause), and that cannot "
                    + "be read from the request. To allow it, grant the endpoint by name: "
                    + "--endpoint \(endpoint.rawValue).")
        case .unknownEndpoint(let project):
            APIError(
                403, type: invalid, code: "insufficient_permissions",
                message:
                    "Latchkey does not know this endpoint. To allow it, grant the access token the endpoint "
                    + "'other', or allow unknown endpoints for the whole project: "
                    + "latchkey project update \(project.rawValue) --unknown-endpoints allow.")
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
        case .charsetNotSupported:
            APIError(
                415, type: invalid, code: "charset_not_supported",
                message: "A JSON body must be UTF-8: leave charset out of Content-Type, or set it to utf-8.")
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
        case .tooManyKeys(let limit):
            APIError(
                400, type: invalid, code: nil,
                message: "An object of the request body has more than \(limit) keys.")
        case .malformedForm(let fault):
            APIError(
                400, type: invalid, code: nil, param: fault == .model ? "model" : nil, message: fault.message)
        case .overloaded:
            APIError(
                503, type: "server_error", code: "overloaded",
                message: "The proxy is overloaded. Try again in a moment.", retryAfter: 1000)
        case .tooManyInFlight(let limit):
            APIError(
                429, type: "requests", code: "rate_limit_exceeded",
                message: "This access token has \(limit) requests in flight, which is its share. "
                    + "Try again in a moment.", retryAfter: 1000)
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
        case .loopDetected:
            APIError(
                508, type: invalid, code: "loop_detected",
                message:
                    "This request has passed through this server before: the upstream of the project leads "
                    + "back to it. Tell the operator.", isRetryable: false)
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
        case .unexpectedBody: "A GET or DELETE request must not have a body."
        case .contentType: "Duplicate Content-Type header."
        case .credentialInType:
            "The Content-Type header contains an access token or another key of Latchkey's. "
                + "Send it as 'Authorization: Bearer lk_…', and have this one replaced."
        case .credentialInTarget:
            "The URL contains an access token or another key of Latchkey's, and URLs end up in logs. "
                + "Send it as 'Authorization: Bearer lk_…', and have this one replaced."
        }
    }
}

extension Rejection.Unreadable {
    fileprivate var clause: String {
        switch self {
        case .model: "it is restricted to certain models"
        case .cost: "a limit on cost applies"
        case .tokens: "a quota of tokens applies"
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
                + "a boundary line is missing or malformed. Lines end with CRLF, and '--boundary--' comes "
                + "last."
        case .partHeader: form + "the header of a part is malformed or ambiguous."
        case .model: form + "the field 'model' must be a single line of plain text."
        case .partCount: form + "it has too many parts."
        }
    }
}
