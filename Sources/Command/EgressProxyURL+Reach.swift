import App
import CCurl

/// Whether the proxy in front of the upstreams is there, for `latchkey doctor`.
extension EgressProxyURL {
    private static let timeout = 2000

    /// Connects to the proxy within 2 s, and closes: it is sent nothing, neither a user name nor a password.
    func reach() throws(CommandFailure) {
        guard let handle = curl_easy_init() else {
            throw CommandFailure(.failed, "libcurl cannot start", hint: nil)
        }
        defer { curl_easy_cleanup(handle) }
        _ = lk_easy_set_pointer(handle, CURLOPT_URL, "http://\(authority)")
        _ = lk_easy_set_pointer(handle, CURLOPT_PROXY, "")
        _ = lk_easy_set_long(handle, CURLOPT_CONNECT_ONLY, 1)
        _ = lk_easy_set_long(handle, CURLOPT_NOSIGNAL, 1)
        // Without it libcurl waits for a name look-up that it gives up, beyond every timeout.
        _ = lk_easy_set_long(handle, CURLOPT_QUICK_EXIT, 1)
        _ = lk_easy_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, Self.timeout)
        let code = curl_easy_perform(handle)
        guard code != CURLE_OK else { return }
        let reason = CommandFailure.sentence(String(cString: curl_easy_strerror(code)))
        throw CommandFailure(
            .unreachable, "cannot reach it: \(reason)",
            hint: "does it run there? LATCHKEY_UPSTREAM_PROXY names it, and no upstream is reached without it"
        )
    }
}
