/// Why an upstream did not give a complete answer.
///
/// Before the head went downstream it is rendered as ``apiError``; after that the only truthful thing left is
/// to cut the connection. ``reason`` is bounded: a metric label and the value of `x-latchkey-error`.
package enum UpstreamFailure: Error, Hashable, Sendable {
    case resolve, connect, tls, connectTimeout, firstByteTimeout, idleTimeout, reset, truncated,
        protocolViolation
    /// The upstream answered 401: our credential is refused. Relaying it would blame the client's, and echo
    /// ours.
    case credentialRejected
    /// The address connected to is one we never talk to (link-local, cloud metadata).
    case addressForbidden
    /// We cut it ourselves: the client left, its token was revoked, or we drain.
    case cancelled
    /// libcurl or we ran out of something.
    case exhausted

    package var reason: String {
        switch self {
        case .resolve: "upstream_resolve"
        case .connect: "upstream_connect"
        case .tls: "upstream_tls"
        case .connectTimeout: "upstream_connect_timeout"
        case .firstByteTimeout: "upstream_first_byte_timeout"
        case .idleTimeout: "upstream_idle_timeout"
        case .reset: "upstream_reset"
        case .truncated: "upstream_truncated"
        case .protocolViolation: "upstream_protocol"
        case .credentialRejected: "upstream_credential_rejected"
        case .addressForbidden: "upstream_address_forbidden"
        case .cancelled: "cancelled"
        case .exhausted: "exhausted"
        }
    }

    package var apiError: APIError {
        switch self {
        case .connectTimeout, .firstByteTimeout, .idleTimeout:
            APIError(
                504, type: "server_error", code: "upstream_timeout",
                message: "The upstream did not answer in time (\(reason)).")
        case .credentialRejected:
            APIError(
                502, type: "server_error", code: "upstream_credential_rejected",
                message: "The upstream refused the proxy's own credential. Tell the operator.",
                isRetryable: false)
        case .exhausted:
            Rejection.overloaded.apiError
        case .resolve, .connect, .tls, .addressForbidden:
            Self.unavailable("The upstream could not be reached (\(reason)).")
        case .reset:
            Self.unavailable("The upstream broke off the connection before it answered (\(reason)).")
        case .truncated:
            Self.unavailable("The upstream did not give a whole answer (\(reason)).")
        case .protocolViolation:
            Self.unavailable("The upstream did not give a valid answer (\(reason)).")
        case .cancelled:
            Self.unavailable("The request to the upstream was cut off (\(reason)).")
        }
    }

    private static func unavailable(_ message: String) -> APIError {
        APIError(502, type: "server_error", code: "upstream_unavailable", message: message)
    }
}
