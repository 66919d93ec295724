import Domain
import Testing

@testable import Gateway

/// What browsers are told of pages of other origins.
struct CrossOriginPolicyTests {
    private static let app = "https://app.example.com"

    private func policy(_ origins: String) throws -> CrossOriginPolicy {
        try #require(CrossOriginPolicy(CrossOrigins(parsing: origins)))
    }

    private func fields(_ fields: [CrossOriginPolicy.Field], _ name: String) -> [String] {
        fields.filter { $0.name == name }.map(\.value)
    }

    private func preflight(_ origin: String, headers: String? = nil) throws -> CrossOriginPolicy.Preflight {
        try #require(CrossOriginPolicy.Preflight(origin: origin, method: "POST", headers: headers))
    }

    @Test func `without origins there is no policy`() throws {
        #expect(try CrossOriginPolicy(CrossOrigins(parsing: "")) == nil)
    }

    @Test func `an origin that is allowed is named, another is not, and both vary by it`() throws {
        let policy = try policy("\(Self.app), http://localhost:3000")
        for origin in [Self.app, "http://localhost:3000"] {
            let told = policy.fields(for: origin)
            #expect(fields(told, "access-control-allow-origin") == [origin])
            #expect(fields(told, "vary") == ["origin"])
            let exposed = try #require(fields(told, "access-control-expose-headers").first)
            for name in [
                "x-request-id", "x-latchkey-request-id", "ratelimit", "ratelimit-policy", "retry-after",
            ] {
                #expect(exposed.split(separator: ", ").contains(Substring(name)))
            }
        }
        for origin in [
            nil, "", "null", "https://app.example.com.evil.test", "http://app.example.com",
            "HTTPS://app.example.com",
        ] {
            #expect(policy.fields(for: origin).map(\.name) == ["vary"], "\(origin ?? "none")")
        }
    }

    @Test func `a star names no origin`() throws {
        for origin in [nil, Self.app, "null"] {
            #expect(fields(try policy("*").fields(for: origin), "access-control-allow-origin") == ["*"])
        }
    }

    @Test(arguments: ["*", app])
    func `credentials are never allowed`(origins: String) throws {
        let policy = try policy(origins)
        let told =
            try policy.fields(for: Self.app) + CrossOriginPolicy.answer(to: preflight(Self.app), by: policy)
        #expect(!told.contains { $0.name == "access-control-allow-credentials" })
    }

    @Test func `the lines of an answer are its fields`() throws {
        let policy = try policy(Self.app)
        for origin in [nil, Self.app, "https://evil.test"] {
            let lines = policy.fields(for: origin).map { "\($0.name): \($0.value)\r\n" }.joined()
            #expect(String(decoding: policy.lines(for: origin), as: UTF8.self) == lines)
        }
    }

    @Test func `a preflight is told the methods, and gets the headers that it asks for`() throws {
        let policy = try policy(Self.app)
        let told = try CrossOriginPolicy.answer(
            to: preflight(Self.app, headers: "authorization,x-stainless-lang"), by: policy)
        #expect(fields(told, "access-control-allow-methods") == ["GET, HEAD, POST, DELETE"])
        #expect(fields(told, "access-control-allow-headers") == ["authorization,x-stainless-lang"])
        #expect(fields(told, "access-control-max-age") == ["7200"])
        let bare = try CrossOriginPolicy.answer(to: preflight(Self.app), by: policy)
        #expect(fields(bare, "access-control-allow-headers") == ["authorization, content-type"])
    }

    @Test func `a preflight of another origin is refused, and told which setting allows it`() throws {
        #expect(throws: Rejection.originNotAllowed(CrossOriginRefusal("https://evil.test", isEnabled: true)))
        {
            try CrossOriginPolicy.answer(to: preflight("https://evil.test"), by: policy(Self.app))
        }
        let refusal = CrossOriginRefusal(Self.app, isEnabled: false)
        #expect(throws: Rejection.originNotAllowed(refusal)) {
            try CrossOriginPolicy.answer(to: preflight(Self.app), by: nil)
        }
        #expect(refusal.message.contains("LATCHKEY_CORS_ORIGINS") && refusal.message.contains(Self.app))
        #expect(
            CrossOriginRefusal(String(repeating: "x", count: 9000), isEnabled: false).message.utf8.count < 500
        )
    }

    @Test func `only what names an origin and a method is a preflight`() {
        #expect(CrossOriginPolicy.Preflight(origin: nil, method: "POST", headers: nil) == nil)
        #expect(CrossOriginPolicy.Preflight(origin: Self.app, method: nil, headers: nil) == nil)
    }
}
