import Foundation

/// A JSON object that a client sends. It lists its own fields, so that one that is not among them is refused.
package protocol RequestBody: Codable, Sendable {
    static var fields: [Field] { get }
    /// True where no field is needed: then the whole body may be left out.
    static var mayBeLeftOut: Bool { get }
}

extension RequestBody {
    package static var mayBeLeftOut: Bool { false }
}

/// A field of a request body, by its name on the wire.
package struct Field: Sendable, ExpressibleByStringLiteral {
    let name: String
    /// False where `null` is refused: leaving the field out and `null` are two things.
    let mayBeNull: Bool

    package init(stringLiteral name: String) { self.init(name, mayBeNull: false) }

    package init(_ name: String, mayBeNull: Bool) {
        self.name = name
        self.mayBeNull = mayBeNull
    }

    /// For an object within a body: refuses fields that are none of it.
    static func refuseOthers(than names: [String], in decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AnyKey.self)
        let others = container.allKeys.filter { !names.contains($0.stringValue) }
            .sorted { $0.stringValue < $1.stringValue }
        guard others.isEmpty else {
            throw Problem.invalidFields(
                others.map {
                    .init(
                        pointer: Problem.pointer(container.codingPath + [$0]),
                        "there is no such field; the fields are: \(names.joined(separator: ", "))")
                })
        }
    }
}

extension RequestBody {
    /// Parses strictly: unknown fields, nulls and wrong types are problems that point at the field.
    static func parse(_ json: Data) throws(Problem) -> Self {
        do {
            return try JSONDecoder().decode(Strict<Self>.self, from: json).body
        } catch let problem as Problem {
            throw problem
        } catch let error as DecodingError {
            throw Problem(decoding: error)
        } catch {
            throw .malformedBody
        }
    }
}

/// Checks the names of an object's fields before the object itself is decoded.
private struct Strict<Body: RequestBody>: Decodable {
    let body: Body

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AnyKey.self)
        let known = Dictionary(uniqueKeysWithValues: Body.fields.map { ($0.name, $0) })
        var errors: [Problem.FieldError] = []
        for key in container.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
            guard let field = known[key.stringValue] else {
                let names = Body.fields.map(\.name).joined(separator: ", ")
                errors.append(
                    .init(field: key.stringValue, "there is no such field; the fields are: \(names)"))
                continue
            }
            if try !field.mayBeNull && container.decodeNil(forKey: key) {
                errors.append(.init(field: key.stringValue, "it may not be null; leave it out instead"))
            }
        }
        guard errors.isEmpty else { throw Problem.invalidFields(errors) }
        body = try Body(from: decoder)
    }
}

/// A key of an object whose fields are not known yet.
private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
