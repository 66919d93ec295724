import Domain
import Foundation
import HTTPTypes
import Testing

@testable import Admin

@Suite struct OpenAPITests {
    @Test func `every route is described, and what is described is a route`() async throws {
        let routes = try await AdminFixture().router.routes.map { "\($0.method.rawValue) \($0.path)" }
        let operations = try Set(Described().operations.keys)
        #expect(Set(routes).subtracting(operations) == [], "these are not described")
        #expect(operations.subtracting(routes) == [], "there are no such routes")
        #expect(routes.count == Set(routes).count)
    }

    @Test func `who may call an operation is described as the route declares it`() async throws {
        let described = try Described()
        for route in try await AdminFixture().router.routes {
            let operation = try #require(described.operation(of: route))
            let schemes = operation["security"]?.elements?.flatMap { $0.members.map(\.key) }
            let name = "\(route.method) \(route.path)"
            switch route.authentication {
            case .anyone: #expect(schemes == [], "\(name)")
            case .accessToken: #expect(schemes == ["accessToken"], "\(name)")
            case .management(let role, let scope):
                #expect(schemes == ["managementKey"], "\(name)")
                #expect(operation["x-latchkey-role"]?.string == role.rawValue, "\(name)")
                #expect(operation["x-latchkey-scope"]?.string == "\(scope)", "\(name)")
                #expect(operation["description"]?.string?.contains("`\(role.rawValue)`") == true, "\(name)")
            }
        }
    }

    @Test func `the headers that a route takes and gives are described`() async throws {
        let described = try Described()
        for route in try await AdminFixture().router.routes {
            let operation = try #require(described.operation(of: route))
            let parameters = operation["parameters"]?.elements ?? []
            let names = parameters.compactMap { described.resolved($0)?["name"]?.string }
            let name = "\(route.method) \(route.path)"
            #expect(names.contains("Idempotency-Key") == (route.replay != nil), "\(name)")
            #expect(names.contains("If-Match") == route.takesIfMatch, "\(name)")
            let inPath = route.path.split(separator: "/").filter { $0.hasPrefix("{") }
            let told = parameters.compactMap(described.resolved).filter { $0["in"]?.string == "path" }
            #expect(told.compactMap { $0["name"]?.string }.map { "{\($0)}" } == inPath.map(String.init))
            for response in operation["responses"]?.members ?? [] {
                let headers = try #require(described.resolved(response.value))["headers"]
                #expect(headers?["x-latchkey-request-id"] != nil, "\(name) \(response.key)")
            }
        }
    }

    @Test func `objects are closed, references lead somewhere, and ids of operations are unique`() throws {
        let described = try Described()
        func look(_ value: JSONValue, at path: String) {
            if value["$ref"] != nil {
                #expect(described.resolved(value) != nil, "\(path)")
            }
            if value["properties"] != nil {
                #expect(value["additionalProperties"] == .bool(false), "\(path)")
                let names = Set(value["properties"]?.members.map(\.key) ?? [])
                let required = value["required"]?.elements?.compactMap(\.string) ?? []
                #expect(Set(required).subtracting(names) == [], "\(path)")
            }
            for member in value.members { look(member.value, at: "\(path)/\(member.key)") }
            for element in value.elements ?? [] { look(element, at: path) }
        }
        look(described.document, at: "")
        let ids = described.operations.values.compactMap { $0["operationId"]?.string }
        #expect(ids.count == described.operations.count && Set(ids).count == ids.count)
    }

    @Test func `the document and its page are there for anyone, and load nothing from elsewhere`()
        async throws
    {
        let fixture = try await AdminFixture()
        let document = try await fixture.send(.get, "/manage/openapi.json", authorization: nil)
        #expect(document.status == 200 && document.headers[.contentType] == "application/json")
        #expect(Array(document.body) == OpenAPI.text)
        for (path, type) in [
            ("/manage/docs", "text/html"), ("/manage/docs/page.js", "text/javascript"),
            ("/manage/docs/page.css", "text/css"),
        ] {
            let answer = try await fixture.send(.get, path, authorization: nil)
            #expect(answer.status == 200 && answer.headers[.contentType] == "\(type); charset=utf-8")
            #expect(answer.headers[.contentSecurityPolicy]?.hasPrefix("default-src 'none'; ") == true)
            #expect(answer.headers[.contentSecurityPolicy]?.contains("unsafe") == false)
            #expect(answer.headers[.xContentTypeOptions] == "nosniff")
            #expect(!answer.text.contains("://") && !answer.text.contains("innerHTML"))
            #expect(!answer.text.contains("style=") && !answer.text.contains("<script>"))
        }
    }
}
