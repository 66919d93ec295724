import Domain
import HTTPTypes
import Synchronization
import Testing
import Vault

@testable import Admin

/// Every route against every kind of credential.
@Suite struct RouteAccessTests {
    private enum Credential: CaseIterable {
        case nothing, wrong, revokedKey, expiredToken, revokedToken, accessToken, otherProject
        case read, issue, admin
    }

    @Test func `every route has a sample, and every sample its route`() async throws {
        let routes = try await AdminFixture().router.routes.map { "\($0.method) \($0.path)" }
        #expect(Set(routes) == Set(RouteSample.all.map(\.route)))
        #expect(Set(routes).count == routes.count && RouteSample.all.count == routes.count)
    }

    @Test func `management is for the operators' listener alone, health for both, the rest for clients`()
        async throws
    {
        for route in try await AdminFixture().router.routes {
            let isManagement = ["/manage/", "/admin", "/metrics"].contains { route.path.hasPrefix($0) }
            let isHealth = ["/live", "/ready", "/health"].contains(route.path)
            #expect(route.plane == (isManagement ? .operators : isHealth ? .both : .clients), "\(route.path)")
            #expect(route.isFound(on: .both))
            #expect(route.isFound(on: .clients) == !isManagement)
            #expect(route.isFound(on: .operators) == (isManagement || isHealth))
            #expect(!route.isManaged || isManagement)
        }
    }

    @Test(arguments: RouteSample.all.map(\.route))
    func `a route answers those it is for, and refuses all others`(_ name: String) async throws {
        let ground = try await Ground()
        let sample = try #require(RouteSample.all.first { $0.route == name })
        let route = try #require(
            ground.fixture.router.routes.first { "\($0.method) \($0.path)" == name })
        for credential in Credential.allCases {
            let published = ground.fixture.published.events
            let answer = try await ground.fixture.send(
                route.method, ground.fill(sample.path, for: credential),
                sample.body.map { ground.fill($0, for: credential) }, type: sample.type,
                authorization: ground.authorization[credential])
            let expected = Self.expected(credential, route.authentication, sample)
            #expect(answer.status == expected, "\(name) with \(credential): \(answer.text)")
            if expected >= 300 { #expect(ground.fixture.published.events == published) }
        }
    }

    private static func expected(
        _ credential: Credential, _ authentication: Route.Authentication, _ sample: RouteSample
    ) -> Int {
        switch (authentication, credential) {
        case (.anyone, _), (.accessToken, .accessToken): sample.status
        case (.accessToken, _): 401
        case (.management, .nothing), (.management, .wrong), (.management, .revokedKey),
            (.management, .expiredToken), (.management, .revokedToken), (.management, .accessToken):
            401
        case (.management(_, of: .instance), .otherProject): 403
        case (.management(_, of: .project), .otherProject): sample.elsewhere.rawValue
        case (.management(let least, _), .read): least <= .read ? sample.status : 403
        case (.management(let least, _), .issue): least <= .issue ? sample.status : 403
        case (.management, .admin): sample.status
        }
    }

    /// Two projects, an access token of the first, and a credential of every kind.
    private struct Ground {
        let fixture: AdminFixture
        private(set) var authorization: [Credential: String] = [:]
        private let token: String
        /// For the second of those that may rotate one.
        private let otherToken: String
        /// Revoked: one for each of those that may reissue one.
        private let ended: [String]
        private let key: String
        private let credential: String
        private let invitation: String

        init() async throws {
            let fixture = try await AdminFixture()
            self.fixture = fixture
            let limits = #""limits":["requests=9/day"]"#
            for name in ["acme", "other"] { try await fixture.project(name) }
            let limited = try await fixture.send(.patch, "/manage/projects/acme", "{\(limits)}")
            #expect(limited.status == 200)
            func token(_ fields: String) async throws -> AccessTokenResource {
                let answer = try await fixture.send(
                    .post, "/manage/tokens", #"{"project":"acme","name":"t",\#(fields)}"#)
                return try answer.decoded()
            }
            self.token = try await token(#""expires_in":null,\#(limits)"#).id
            otherToken = try await token(#""expires_in":null"#).id
            var ended: [String] = []
            for _ in 0..<2 {
                let id = try await token(#""expires_in":null"#).id
                _ = try await fixture.send(.post, "/manage/tokens/\(id)/revoke")
                ended.append(id)
            }
            self.ended = ended
            func make(_ path: String, _ json: String) async throws -> String {
                struct Made: Decodable { let id: String }
                return try await fixture.send(.post, path, json).decoded(Made.self).id
            }
            let credentials = "/manage/projects/acme/credentials"
            credential = try await make(credentials, #"{"name":"first","key":"sk-1"}"#)
            _ = try await make(credentials, #"{"name":"second","key":"sk-2"}"#)
            invitation = try await make(
                "/manage/invitations", #"{"project":"acme","name":"i","token_expires_in":9}"#)
            let expired = try await token(#""expires_in":1"#)
            fixture.state.now.withLock { $0 = $0.adding(milliseconds: 1000) }
            let revoked = try await token(#""expires_in":1000"#)
            _ = try await fixture.send(.post, "/manage/tokens/\(revoked.id)/revoke")
            let key = try await fixture.bearer(.read)
            self.key = String(key.dropFirst("Bearer lkm_".count).prefix(12))
            let revokedKey = try await fixture.bearer(.admin)
            _ = try await fixture.send(
                .post, "/manage/keys/\(revokedKey.dropFirst("Bearer lkm_".count).prefix(12))/revoke")
            authorization = [
                .wrong: "Bearer \(fixture.keyRing.mint(.managementKey).text.reveal())",
                .revokedKey: revokedKey,
                .expiredToken: "Bearer \(expired.token ?? "")",
                .revokedToken: "Bearer \(revoked.token ?? "")",
                .accessToken: "Bearer \(try await token(#""expires_in":null"#).token ?? "")",
                .otherProject: try await fixture.bearer(.admin, project: "other"),
                .read: try await fixture.bearer(.read),
                .issue: try await fixture.bearer(.issue),
                .admin: "Bearer \(fixture.key)",
            ]
        }

        func fill(_ text: String, for caller: Credential) -> String {
            text.replacing("TOKEN", with: token).replacing("KEY", with: key)
                .replacing("TURNED", with: caller == .admin ? otherToken : token)
                .replacing("ENDED", with: ended[caller == .admin ? 1 : 0])
                .replacing("CREDENTIAL", with: credential).replacing("INVITATION", with: invitation)
        }
    }
}
