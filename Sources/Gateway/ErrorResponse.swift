import Domain
import NIOHTTP1

/// The one place where an error of the data path becomes an HTTP response head.
enum ErrorResponse {
    static func head(_ error: APIError, reason: String, id: RequestID, closing: Bool) -> HTTPResponseHead {
        var headers = HTTPHeaders()
        headers.add(name: "content-type", value: "application/json")
        headers.add(name: "content-length", value: String(error.body.count))
        headers.add(name: HeaderPolicy.requestID, value: id.description)
        headers.add(name: HeaderPolicy.errorReason, value: reason)
        if error.status == 401 { headers.add(name: "www-authenticate", value: "Bearer") }
        if error.status == 405 { headers.add(name: "allow", value: "GET, POST, DELETE") }
        if let milliseconds = error.retryAfter {
            headers.add(name: "retry-after-ms", value: String(milliseconds))
            headers.add(name: "retry-after", value: String((milliseconds + 999) / 1000))
        }
        if !error.isRetryable { headers.add(name: "x-should-retry", value: "false") }
        if closing { headers.add(name: "connection", value: "close") }
        return HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: error.status), headers: headers)
    }
}
