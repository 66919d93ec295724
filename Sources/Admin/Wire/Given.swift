/// A field of which leaving it out and `null` are two things: left as it is, emptied, or set.
package enum Given<Value: Codable & Equatable & Sendable>: Codable, Equatable, Sendable {
    case left
    case null
    case value(Value)

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        self = container.decodeNil() ? .null : .value(try container.decode(Value.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .left, .null: try container.encodeNil()
        case .value(let value): try container.encode(value)
        }
    }
}

/// Found before the standard library's by the `Codable` code that the compiler writes.
extension KeyedDecodingContainer {
    package func decode<Value>(_: Given<Value>.Type, forKey key: Key) throws -> Given<Value> {
        guard contains(key) else { return .left }
        if try decodeNil(forKey: key) { return .null }
        do {
            return .value(try decode(Value.self, forKey: key))
        } catch let error as DecodingError {
            throw error
        } catch let problem as Problem {
            throw problem
        } catch {
            // A number that is none of our type: the decoder does not say where it stands.
            throw Problem.invalid(codingPath + [key], "it has to be a whole number")
        }
    }
}

extension KeyedEncodingContainer {
    package mutating func encode<Value>(_ given: Given<Value>, forKey key: Key) throws {
        switch given {
        case .left: break
        case .null: try encodeNil(forKey: key)
        case .value(let value): try encode(value, forKey: key)
        }
    }
}

extension Problem {
    static func invalid(_ path: [any CodingKey], _ detail: String) -> Problem {
        .invalidFields([FieldError(pointer: pointer(path), detail)])
    }

    static func pointer(_ path: [any CodingKey]) -> String {
        pointer(path.map { $0.intValue.map(String.init) ?? $0.stringValue })
    }
}
