import Domain
import Foundation
import HTTPTypes
import Testing

@testable import Admin

/// `openapi.json`, as the tests look into it.
struct Described {
    let document: JSONValue

    init() throws { document = try JSONValue(parsing: OpenAPI.text) }

    /// Each operation as `GET /path`.
    var operations: [String: JSONValue] {
        var found: [String: JSONValue] = [:]
        for path in document["paths"]?.members ?? [] {
            for operation in path.value.members {
                found["\(operation.key.uppercased()) \(path.key)"] = operation.value
            }
        }
        return found
    }

    func operation(of route: Route) -> JSONValue? { operations["\(route.method.rawValue) \(route.path)"] }

    /// What a `$ref` leads to; other values as they are.
    func resolved(_ value: JSONValue) -> JSONValue? {
        guard let reference = value["$ref"]?.string else { return value }
        return reference.split(separator: "/").dropFirst().reduce(document) { $0?[String($1)] }
    }
}

extension JSONValue {
    var members: [Member] {
        guard case .object(let members) = self else { return [] }
        return members
    }
}
