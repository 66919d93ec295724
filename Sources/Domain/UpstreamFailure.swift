/// Why an upstream did not give a complete answer.
///
/// Before the head went downstream ``apiError`` is the answer; after that the connection is cut, and a stream
/// of events is told it first, where an event has just ended. ``reason`` is bounded: a metric label and the
/// value of `x-latchkey-error`.
package enum UpstreamFailure: Error, Hashable, Sendable {
    case resolve, connect, tls, connectTimeout, firstByteTimeout, idleTimeout, reset, truncated,
        protocolViolation
    /// A list of models from which those that the access token is not granted cannot be taken out.
    case unreadableModelList
    /// The upstream answered 401: our credential is refused. Relaying it would blame the client's, and echo
    /// ours.
    case credentialRejected
    /// The head of its answer contains our credential.
    case credentialRevealed
    /// The address connected to is one we never talk to (link-local, cloud metadata).
    case addressForbidden
    /// We cut it ourselves: the client left, its token was revoked, or we drain.
    case cancelled
    /// libcurl or we ran out of memory.
    case exhausted
    /// This machine, or this process, has no file descriptor left for a connection.
    case outOfDescriptors

    /// Who is to blame.
    package enum Source: Hashable, Sendable { case upstream, ours }

    package var source: Source {
        switch self {
        case .resolve, .connect, .tls, .connectTimeout, .firstByteTimeout, .idleTimeout, .reset, .truncated,
            .protocolViolation, .unreadableModelList, .credentialRejected, .credentialRevealed,
            .addressForbidden:
            .upstream
        case .cancelled, .exhausted, .outOfDescriptors: .ours
        }
    }

    /// Another target may do better. What an upstream has answered whole, or what we have run out of, is the
    /// same with every other.
    package var mayBeTriedElsewhere: Bool {
        switch self {
        case .unreadableModelList, .credentialRevealed: false
        default: source == .upstream
        }
    }

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
        case .unreadableModelList: "upstream_model_list"
        case .credentialRejected: "upstream_credential_rejected"
        case .credentialRevealed: "upstream_credential_revealed"
        case .addressForbidden: "upstream_address_forbidden"
        case .cancelled: "cancelled"
        case .exhausted: "exhausted"
        case .outOfDescriptors: "out_of_descriptors"
        }
    }

    package var apiError: APIError {
        switch self {
        case .connectTimeout, .firstByteTimeout, .idleTimeout:
            APIError(
                504, type: "server_error", code: "upstream_timeout",
                message: "The upstream did not respond in time (\(reason)).")
        case .credentialRejected:
            APIError(
                502, type: "server_error", code: "upstream_credential_rejected",
                message: "The upstream refused the proxy's own credential. Tell the operator.",
                isRetryable: false)
        case .credentialRevealed:
            APIError(
                502, type: "server_error", code: "upstream_unavailable",
                message:
                    "The headers of the upstream's response contain the proxy's own credential, so it was "
                    + "withheld (\(reason)). Tell the operator.",
                isRetryable: false)
        case .exhausted, .outOfDescriptors:
            Rejection.overloaded.apiError
        case .cancelled:
            APIError(
                503, type: "server_error", code: "overloaded",
                message: "The proxy is stopping and cut the request off. Try again in a moment.",
                retryAfter: 1000)
        case .resolve, .connect, .tls, .addressForbidden:
            Self.unavailable("The upstream could not be reached (\(reason)).")
        case .reset:
            Self.unavailable("The upstream closed the connection before its response ended (\(reason)).")
        case .truncated:
            Self.unavailable("The upstream's response is incomplete (\(reason)).")
        case .protocolViolation:
            Self.unavailable("The upstream's response is not valid HTTP (\(reason)).")
        case .unreadableModelList:
            APIError(
                502, type: "server_error", code: "upstream_unavailable",
                message:
                    "The upstream's list of models is too long or not a JSON list, so that the models "
                    + "granted to this access token cannot be picked out of it (\(reason)).",
                isRetryable: false)
        }
    }

    private static func unavailable(_ message: String) -> APIError {
        APIError(502, type: "server_error", code: "upstream_unavailable", message: message)
    }
}
