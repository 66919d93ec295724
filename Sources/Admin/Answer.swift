import Domain
import Foundation
package import HTTPTypes
import Hummingbird
import NIOCore

/// Renders what a handler returns. Every answer is `no-store`: none of them is worth caching, some must not
/// be.
enum Answer {
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        response(status, "application/json", try encode(value))
    }

    /// One resource, with the tag of what was set of it.
    static func json(_ resource: some TaggedResource, status: HTTPResponse.Status = .ok) throws -> Response {
        var response = response(status, "application/json", try encode(resource))
        response.headers[.eTag] = try EntityTag.of(resource)
        return response
    }

    /// The same value has the same bytes.
    static func encode(_ value: some Encodable) throws -> [UInt8] { Array(try encoder.encode(value)) }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    static func problem(_ problem: Problem) -> Response {
        // A problem is made of texts and numbers: it always encodes.
        let body = (try? encode(problem)) ?? []
        var response = response(.init(code: problem.status), "application/problem+json", body)
        switch problem.status {
        case 401: response.headers[.wwwAuthenticate] = "Bearer"
        case 503: response.headers[.retryAfter] = "1"
        default: break
        }
        if let seconds = problem.retryAfter { response.headers[.retryAfter] = String(seconds) }
        return response
    }

    static func methodNotAllowed(_ allowed: [String]) -> Response {
        var response = problem(.methodNotAllowed(allowed))
        response.headers[.allow] = allowed.joined(separator: ", ")
        return response
    }

    /// For whoever calls with an access token: a program that knows OpenAI's errors.
    static func refusal(_ rejection: Rejection) -> Response {
        let error = rejection.apiError
        var response = refusal(error)
        response.headers[.latchkeyError] = rejection.reason
        if error.status == 401 { response.headers[.wwwAuthenticate] = "Bearer" }
        if let milliseconds = error.retryAfter {
            response.headers[.retryAfter] = String((milliseconds + 999) / 1000)
        }
        return response
    }

    static func refusal(_ problem: Problem) -> Response {
        let type = problem.status < 500 ? "invalid_request_error" : "server_error"
        let param = problem.errors?.first.map { String($0.pointer.drop { "?/".contains($0) }) }
        return refusal(
            APIError(problem.status, type: type, code: nil, param: param, message: problem.detail))
    }

    private static func refusal(_ error: APIError) -> Response {
        response(.init(code: error.status), "application/json", error.body)
    }

    static func text(_ bytes: [UInt8], type: String) -> Response { response(.ok, type, bytes) }

    /// Done, and nothing to tell.
    static var nothing: Response {
        var response = response(.noContent, "application/json", [])
        response.headers[.contentType] = nil
        return response
    }

    /// A body that is made as it is sent.
    static func stream(
        type: String, length: Int? = nil,
        _ write: @escaping @Sendable @concurrent (inout any ResponseBodyWriter) async throws -> Void
    ) -> Response {
        var response = response(.ok, type, [])
        response.body = ResponseBody(contentLength: length, write)
        return response
    }

    /// JSON with a list in it that may be too long to be held: its elements are made of `items` part by part,
    /// as they are sent. A failure on the way cuts the answer off.
    static func stream<Item: Sendable, Element: Encodable & Sendable>(
        type: String, _ start: String, _ items: [Item], _ end: String,
        _ elements: @escaping @Sendable (ArraySlice<Item>) async throws -> [Element]
    ) -> Response {
        stream(type: type) { writer in
            let encoder = encoder
            var buffer = ByteBuffer(string: start)
            var isFirst = true
            for first in stride(from: 0, to: items.count, by: itemsAtOnce) {
                let part = items[first..<min(first + itemsAtOnce, items.count)]
                for element in try await elements(part) {
                    if !isFirst { buffer.writeInteger(UInt8(ascii: ",")) }
                    isFirst = false
                    buffer.writeBytes(try encoder.encode(element))
                }
                try await writer.write(buffer)
                buffer = ByteBuffer()
            }
            buffer.writeString(end)
            try await writer.write(buffer)
            try await writer.finish(nil)
        }
    }

    private static let itemsAtOnce = 500

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
    /// `x-latchkey-error`, of our own errors to holders of access tokens.
    // The literal is a valid field name.
    // swift-format-ignore: NeverForceUnwrap
    static let latchkeyError = HTTPField.Name("x-latchkey-error")!

    /// `x-latchkey-request-id`.
    // The literal is a valid field name.
    // swift-format-ignore: NeverForceUnwrap
    package static let latchkeyRequestID = HTTPField.Name("x-latchkey-request-id")!
}
