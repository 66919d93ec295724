import CCurl
import Glibc

/// One `POST` to a receiver of webhooks, by libcurl on the calling thread, which waits for it: ten seconds at
/// most.
///
/// No redirect is followed and no proxy of the environment is used. What the receiver answers is not kept,
/// but for its status. The library has to be initialised (``TransferLoop/initialiseLibrary()``).
package struct WebhookTransfer: Sendable {
    package static let timeout = 10_000
    /// Of an answer, in bytes; a receiver that says more is cut off.
    private static let maximumAnswer = 1 << 20

    /// An absolute `http` or `https` URL.
    package let url: String
    /// `Name: value`, of JSON beside these.
    package let headers: [String]
    package let body: [UInt8]

    package init(url: String, headers: [String], body: [UInt8]) {
        self.url = url
        self.headers = headers
        self.body = body
    }

    package enum Failure: Error, Hashable, Sendable {
        /// The receiver did not answer: what libcurl says of it.
        case unreachable(String)
        /// It answered with something else than 2xx.
        case status(Int)
    }

    package func perform() throws(Failure) {
        guard let handle = unsafe curl_easy_init() else { throw .unreachable("libcurl cannot start") }
        defer { unsafe curl_easy_cleanup(handle) }
        var list: UnsafeMutablePointer<curl_slist>?
        for line in headers + ["Content-Type: application/json", "Expect:"] {
            unsafe list = unsafe curl_slist_append(list, line) ?? list
        }
        defer { unsafe curl_slist_free_all(list) }
        var received = 0
        let code = unsafe body.withUnsafeBytes { body in
            unsafe withUnsafeMutablePointer(to: &received) { received in
                unsafe configure(handle)
                _ = unsafe lk_easy_set_pointer(handle, CURLOPT_HTTPHEADER, list)
                _ = unsafe lk_easy_set_offset(
                    handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
                _ = unsafe lk_easy_set_pointer(
                    handle, CURLOPT_POSTFIELDS, body.baseAddress ?? UnsafeRawPointer(handle))
                _ = unsafe lk_easy_set_pointer(handle, CURLOPT_WRITEDATA, received)
                return unsafe curl_easy_perform(handle)
            }
        }
        guard code == CURLE_OK else { throw .unreachable(unsafe String(cString: curl_easy_strerror(code))) }
        var status = 0
        _ = unsafe lk_easy_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        guard (200..<300).contains(status) else { throw .status(status) }
    }

    private func configure(_ handle: UnsafeMutableRawPointer) {
        _ = unsafe lk_easy_set_pointer(handle, CURLOPT_URL, url)
        _ = unsafe lk_easy_set_pointer(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        _ = unsafe lk_easy_set_pointer(handle, CURLOPT_PROXY, "")
        _ = unsafe lk_easy_set_pointer(handle, CURLOPT_USERAGENT, "latchkey")
        _ = unsafe lk_easy_set_long(handle, CURLOPT_POST, 1)
        _ = unsafe lk_easy_set_long(handle, CURLOPT_FOLLOWLOCATION, 0)
        _ = unsafe lk_easy_set_long(handle, CURLOPT_NOSIGNAL, 1)
        // Without it libcurl waits for a name look-up that it gives up, beyond every timeout.
        _ = unsafe lk_easy_set_long(handle, CURLOPT_QUICK_EXIT, 1)
        _ = unsafe lk_easy_set_long(handle, CURLOPT_HTTP09_ALLOWED, 0)
        _ = unsafe lk_easy_set_long(handle, CURLOPT_TIMEOUT_MS, Self.timeout)
        _ = unsafe lk_easy_set_data_callback(handle, CURLOPT_WRITEFUNCTION) { _, size, count, context in
            guard let received = unsafe context?.assumingMemoryBound(to: Int.self) else { return 0 }
            unsafe received.pointee += size * count
            return unsafe received.pointee <= WebhookTransfer.maximumAnswer ? size * count : 0
        }
    }
}
