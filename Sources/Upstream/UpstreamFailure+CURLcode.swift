import CCurl
import Domain

/// What libcurl tells of a connection that could not be made, in our words.
extension UpstreamFailure {
    /// libcurl's CURLE_*, which is no CURLE_OK.
    init(connecting code: CURLcode) {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self = .resolve
        case CURLE_OPERATION_TIMEDOUT: self = .connectTimeout
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_CIPHER,
            CURLE_SSL_CERTPROBLEM, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_ISSUER_ERROR, CURLE_USE_SSL_FAILED:
            self = .tls
        case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT: self = .exhausted
        // What an egress proxy answers, and all else: nothing of the request was sent.
        default: self = .connect
        }
    }
}
