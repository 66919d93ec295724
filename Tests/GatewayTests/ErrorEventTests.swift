import Domain
import Foundation
import Testing

@testable import Gateway

/// What a stream that is cut off ends with.
struct ErrorEventTests {
    private static let error = Rejection.revokedCredential.apiError

    private func event(_ kind: EndpointKind) throws -> (lines: [Substring], data: [String: Any]) {
        let text = String(decoding: ErrorEvent.bytes(Self.error, from: kind, number: 7), as: UTF8.self)
        #expect(text.hasSuffix("\n\n"))
        let lines = text.split(separator: "\n")
        let data = try #require(lines.last)
        #expect(data.hasPrefix("data: "))
        let json = try JSONSerialization.jsonObject(with: Data(data.dropFirst(6).utf8))
        return (lines, try #require(json as? [String: Any]))
    }

    @Test(arguments: EndpointKind.allCases)
    func `it holds the error in the one form that clients raise`(kind: EndpointKind) throws {
        let error = try #require(try event(kind).data["error"] as? [String: Any])
        #expect(Set(error.keys) == ["message", "type", "param", "code"])
        #expect(error["message"] as? String == Self.error.message)
        #expect(error["code"] as? String == "invalid_api_key")
        #expect(error["type"] as? String == "invalid_request_error" && error["param"] is NSNull)
    }

    @Test(arguments: [EndpointKind.chatCompletions, .completions])
    func `a chunk of a completion has no name`(kind: EndpointKind) throws {
        let (lines, data) = try event(kind)
        #expect(lines.count == 1 && Array(data.keys) == ["error"])
    }

    @Test func `an event of a response has a name, a type and a number`() throws {
        let (lines, data) = try event(.responses)
        #expect(lines.count == 2 && lines.first == "event: error")
        #expect(data["type"] as? String == "error" && data["sequence_number"] as? Int == 7)
        #expect(data["message"] as? String == Self.error.message)
        #expect(data["code"] as? String == "invalid_api_key" && data["param"] is NSNull)
    }
}
