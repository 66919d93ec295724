import Domain
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Storage
import Testing
import Vault

@testable import Admin

/// What the tests of leaks do with a management API.
extension AdminFixture {
    struct Issued {
        let id: AccessTokenID
        let text: String
    }

    func issue(_ project: String = "acme", name: String = "bob", honey: Bool = false) async throws -> Issued {
        let answer = try await send(
            .post, "/manage/tokens",
            #"{"project":"\#(project)","name":"\#(name)","expires_in":null,"honey":\#(honey)}"#)
        let resource = try answer.decoded(AccessTokenResource.self)
        return Issued(id: try #require(AccessTokenID(resource.id)), text: try #require(resource.token))
    }

    /// An invitation's id, and what its link carries.
    func invite(_ project: String = "acme", name: String = "bob") async throws -> (id: String, secret: String)
    {
        let answer = try await send(
            .post, "/manage/invitations",
            #"{"project":"\#(project)","name":"\#(name)","token_expires_in":null}"#)
        let resource = try answer.decoded(InvitationResource.self)
        let secret = try #require(resource.url?.split(separator: "#").last)
        return (resource.id, String(secret))
    }

    /// A well-formed access token that this server never issued.
    var foreign: String { keyRing.mint(.accessToken).text.reveal() }

    func sendText(
        _ path: String, _ text: String, headers: HTTPFields = [.contentType: "text/plain"],
        authorization: String? = nil, isAnonymous: Bool = false
    ) async throws -> Answer {
        var head = HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: path)
        head.headerFields = headers
        if !isAnonymous { head.headerFields[.authorization] = authorization ?? "Bearer \(key)" }
        let source = Source(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let body = Hummingbird.RequestBody(buffer: ByteBuffer(string: text))
        let response = try await responder.respond(
            to: Request(head: head, body: body), context: AdminContext(source: source))
        return try await Answer(reading: response)
    }

    func revokeLeaked(_ text: String, query: String = "", as authorization: String? = nil) async throws
        -> LeakReportResource
    {
        let answer = try await sendText(
            "/manage/tokens/revoke-leaked" + query, text, authorization: authorization)
        #expect(answer.status == 200, "\(answer.text)")
        return try answer.decoded()
    }

    func isRevoked(_ issued: Issued) async throws -> Bool {
        try await store.accessToken(issued.id)?.revokedAt != nil
    }

    func isPublishedAsClosed(_ issued: Issued) -> Bool {
        published.events.contains { event in
            if case .accessTokens(_, let closed) = event { closed.contains(issued.id) } else { false }
        }
    }

    /// Action and details of all events of this subject.
    func events(of subject: String) async throws -> [AuditEvent] {
        try await store.auditEvents(limit: 1000).map(\.event).filter { $0.subject == subject }
    }
}
