import CCurl
import Domain

/// What libcurl tells of a failed transfer, in our words.
extension UpstreamFailure {
    /// libcurl's CURLE_*: nil for CURLE_OK.
    init?(_ code: CURLcode) {
        switch code {
        case CURLE_OK: return nil
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self = .resolve
        case CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED: self = .connect
        case CURLE_OPERATION_TIMEDOUT: self = .connectTimeout
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_CIPHER,
            CURLE_SSL_CERTPROBLEM, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_ISSUER_ERROR, CURLE_USE_SSL_FAILED:
            self = .tls
        case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_SEND_FAIL_REWIND: self = .reset
        case CURLE_PARTIAL_FILE: self = .truncated
        case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT: self = .exhausted
        case CURLE_ABORTED_BY_CALLBACK: self = .cancelled
        default: self = .protocolViolation
        }
    }
}
