import Foundation
package import HTTPTypes
import Hummingbird
import NIOCore

/// Renders what a handler returns. Every answer is `no-store`: none of them is worth caching, some must not
/// be.
enum Answer {
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return response(status, "application/json", Array(try encoder.encode(value)))
    }

    static func problem(_ problem: Problem) -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // A problem is made of texts and numbers: it always encodes.
        let body = (try? encoder.encode(problem)).map(Array.init) ?? []
        var response = response(.init(code: problem.status), "application/problem+json", body)
        switch problem.status {
        case 401: response.headers[.wwwAuthenticate] = "Bearer"
        case 503: response.headers[.retryAfter] = "1"
        default: break
        }
        return response
    }

    static func text(_ bytes: [UInt8], type: String) -> Response { response(.ok, type, bytes) }

    private static func response(_ status: HTTPResponse.Status, _ type: String, _ body: [UInt8]) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = type
        headers[.cacheControl] = "no-store"
        headers[.xContentTypeOptions] = "nosniff"
        return Response(
            status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}

extension HTTPField.Name {
    /// `x-latchkey-request-id`.
    // The literal is a valid field name.
    // swift-format-ignore: NeverForceUnwrap
    package static let latchkeyRequestID = HTTPField.Name("x-latchkey-request-id")!
}
