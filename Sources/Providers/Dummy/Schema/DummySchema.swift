import Domain

/// Makes an instance of a JSON schema: the arguments of a tool, or a structured output. The same schema
/// always has the same instance.
///
/// It has every property unless that would never end, one element of each array, and the first alternative of
/// each choice. A keyword that it cannot satisfy by construction (`not`, `if`, `contains`, …) makes
/// ``instance()`` throw, unless the schema is not strict: then the instance is made without regard to it.
struct DummySchema {
    /// Why there is no instance, to be read behind a colon.
    struct Impossible: Error { let reason: String }

    /// The values of an instance, all together.
    private static let valueLimit = 10_000
    private static let depthLimit = 40
    private static let elementLimit = 1000

    private let root: JSONValue
    private let isStrict: Bool
    private var values = 0
    /// The references on the way to the value that is being made.
    private var active = ["#"]

    private init(_ root: JSONValue, isStrict: Bool) {
        self.root = root
        self.isStrict = isStrict
    }

    static func instance(of schema: JSONValue, isStrict: Bool) throws(Impossible) -> JSONValue {
        var maker = DummySchema(schema, isStrict: isStrict)
        return try maker.value(of: schema, name: "value", index: 0, depth: 0)
    }

    // MARK: - Any value

    /// `name`: what texts are made of. `index`: among the elements of an array, which differ by it.
    private mutating func value(
        of schema: JSONValue, name: String, index: Int, depth: Int
    ) throws(Impossible) -> JSONValue {
        values += 1
        guard values <= Self.valueLimit, depth <= Self.depthLimit else {
            throw Impossible(reason: "an instance would be endless or too large")
        }
        if schema == .bool(false) { throw Impossible(reason: "nothing satisfies the schema false") }
        guard case .object = schema else { return .string(name) }
        if let reference = schema["$ref"]?.string {
            active.append(reference)
            defer { active.removeLast() }
            let merged = schema.without("$ref").merged(into: try target(of: reference))
            return try value(of: merged, name: name, index: index, depth: depth + 1)
        }
        if let parts = schema["allOf"]?.elements {
            var whole = schema.without("allOf")
            for part in parts { whole = try resolved(part).merged(into: whole) }
            return try value(of: whole, name: name, index: index, depth: depth + 1)
        }
        for keyword in ["anyOf", "oneOf"] {
            guard let branches = schema[keyword]?.elements else { continue }
            return try choice(
                of: branches, in: schema.without(keyword), name: name, index: index, depth: depth)
        }
        if let value = schema["const"] { return value }
        if let values = schema["enum"]?.elements, !values.isEmpty { return values[index % values.count] }
        if isStrict { try refuseUnsupported(schema) }
        switch type(of: schema) {
        case "object": return try object(schema, name: name, depth: depth)
        case "array": return try array(schema, name: name, depth: depth)
        case "integer", "number": return try number(schema, index: index)
        case "boolean": return .bool(index % 2 == 0)
        case "null": return .null
        default: return .string(try text(schema, name: name, index: index))
        }
    }

    /// The first alternative that ends; those that lead back to where we are come last.
    private mutating func choice(
        of branches: [JSONValue], in schema: JSONValue, name: String, index: Int, depth: Int
    ) throws(Impossible) -> JSONValue {
        var last = Impossible(reason: "a choice without alternatives")
        for branch in branches.filter({ !isActive($0) }) + branches.filter({ isActive($0) }) {
            do throws(Impossible) {
                return try value(
                    of: schema.merged(into: branch), name: name, index: index, depth: depth + 1)
            } catch {
                last = error
            }
        }
        throw last
    }

    /// The type it names, or the one that its keywords are about.
    private func type(of schema: JSONValue) -> String {
        if let type = schema["type"]?.string { return type }
        if let types = schema["type"]?.elements?.compactMap(\.string) {
            return types.first { $0 != "null" } ?? "null"
        }
        for (type, keywords) in [
            ("object", ["properties", "required", "additionalProperties", "minProperties"]),
            ("array", ["items", "prefixItems", "minItems", "maxItems"]),
            ("number", ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]),
        ] where keywords.contains(where: { schema[$0] != nil }) {
            return type
        }
        return "string"
    }

    private static let unsupported = [
        "not", "if", "contains", "dependentRequired", "dependentSchemas", "propertyNames",
        "patternProperties",
    ]

    private func refuseUnsupported(_ schema: JSONValue) throws(Impossible) {
        for keyword in Self.unsupported where schema[keyword] != nil {
            throw Impossible(reason: "the keyword '\(keyword)' is not supported with strict schemas")
        }
    }

    // MARK: - References

    /// Leads back to a value that is being made: making it again may never end.
    private func isActive(_ schema: JSONValue) -> Bool {
        if let reference = schema["$ref"]?.string { return active.contains(reference) }
        return schema["items"].map(isActive) ?? false
    }

    /// A schema that is no mere reference.
    private func resolved(_ schema: JSONValue) throws(Impossible) -> JSONValue {
        guard let reference = schema["$ref"]?.string, !active.contains(reference) else { return schema }
        return schema.without("$ref").merged(into: try target(of: reference))
    }

    private func target(of reference: String) throws(Impossible) -> JSONValue {
        guard reference.hasPrefix("#") else {
            throw Impossible(reason: "the reference '\(reference)' leads out of the schema")
        }
        var found: JSONValue? = root
        for part in reference.dropFirst().split(separator: "/") {
            let key = String(part.replacing("~1", with: "/").replacing("~0", with: "~"))
            found =
                found?[key]
                ?? Int(key).flatMap { index in
                    found?.elements.flatMap { $0.indices.contains(index) ? $0[index] : nil }
                }
        }
        guard let found else { throw Impossible(reason: "the reference '\(reference)' leads nowhere") }
        return found
    }

    // MARK: - Objects and arrays

    private mutating func object(
        _ schema: JSONValue, name: String, depth: Int
    ) throws(Impossible) -> JSONValue {
        let properties = schema["properties"]?.members ?? []
        let required = schema["required"]?.elements?.compactMap(\.string) ?? []
        let most = schema["maxProperties"]?.integer ?? .max
        var members: [JSONValue.Member] = []
        for property in properties {
            let isRequired = required.contains(property.key)
            guard isRequired || (!isActive(property.value) && members.count + required.count < most) else {
                continue
            }
            do throws(Impossible) {
                let value = try value(of: property.value, name: property.key, index: 0, depth: depth + 1)
                members.append(JSONValue.Member(property.key, value))
            } catch {
                guard !isRequired else { throw error }
            }
        }
        let others = schema["additionalProperties"] ?? .bool(true)
        var missing = required.filter { name in !members.contains { $0.key == name } }
        let count = members.count + missing.count
        let least = min(schema["minProperties"]?.integer ?? 0, Self.elementLimit)
        if count < least { missing += (count..<least).map { "property\($0 + 1)" } }
        for key in missing {
            members.append(
                JSONValue.Member(key, try value(of: others, name: key, index: 0, depth: depth + 1)))
        }
        return .object(members)
    }

    private mutating func array(
        _ schema: JSONValue, name: String, depth: Int
    ) throws(Impossible) -> JSONValue {
        let items = schema["items"] ?? .bool(true)
        let first = schema["prefixItems"]?.elements ?? []
        let least = max(schema["minItems"]?.integer ?? 0, 0)
        var count = max(least, first.count, isActive(items) || items == .bool(false) ? 0 : 1)
        count = min(count, schema["maxItems"]?.integer ?? .max)
        guard count <= Self.elementLimit else {
            throw Impossible(reason: "an array of more than \(Self.elementLimit) elements")
        }
        var elements: [JSONValue] = []
        for index in 0..<max(count, 0) {
            let schema = index < first.count ? first[index] : items
            elements.append(try value(of: schema, name: name, index: index, depth: depth + 1))
        }
        if schema["uniqueItems"]?.bool == true, Set(elements).count < elements.count {
            throw Impossible(reason: "too few different elements for an array")
        }
        return .array(elements)
    }

    // MARK: - Texts and numbers

    private func text(_ schema: JSONValue, name: String, index: Int) throws(Impossible) -> String {
        let least = max(schema["minLength"]?.integer ?? 0, 0)
        let most = schema["maxLength"]?.integer ?? .max
        guard least <= DummyPattern.lengthLimit else {
            throw Impossible(reason: "a text of more than \(DummyPattern.lengthLimit) characters")
        }
        if let expression = schema["pattern"]?.string {
            let pattern = try? DummyPattern(expression)
            if let text = pattern?.text(atLeast: least, atMost: most) { return text }
            if isStrict { throw Impossible(reason: "the pattern '\(expression)' is not supported") }
        }
        if let text = schema["format"]?.string.flatMap({ Self.text(ofFormat: $0, index) }) { return text }
        var text = (index == 0 ? name : "\(name) \(index + 1)").unicodeScalars
        while text.count < least { text.append(".") }
        return String(String.UnicodeScalarView(text.prefix(most)))
    }

    private static func text(ofFormat format: String, _ index: Int) -> String? {
        let day = index % 28 + 1
        let date = "2026-01-\(day < 10 ? "0" : "")\(day)"
        let digits = String(index + 1)
        switch format {
        case "date-time": return date + "T00:00:00Z"
        case "date": return date
        case "time": return "00:00:00Z"
        case "duration": return "P\(digits)D"
        case "email", "idn-email": return "user\(digits)@example.com"
        case "hostname", "idn-hostname": return "host\(digits).example.com"
        case "uri", "url", "iri", "uri-reference", "iri-reference": return "https://example.com/\(digits)"
        case "ipv4": return "192.0.2.\(index % 254 + 1)"
        case "ipv6": return "2001:db8::\(digits)"
        case "uuid":
            return "00000000-0000-4000-8000-" + String(repeating: "0", count: max(0, 12 - digits.count))
                + digits
        case "json-pointer": return "/\(digits)"
        case "regex": return "a"
        default: return nil
        }
    }

    /// The smallest number from 1 on that the bounds allow, or the next beyond one of them; a fraction only
    /// where no whole number will do.
    private func number(_ schema: JSONValue, index: Int) throws(Impossible) -> JSONValue {
        var least = schema["minimum"]?.double ?? -.infinity
        var most = schema["maximum"]?.double ?? .infinity
        let above = schema["exclusiveMinimum"]?.double ?? -.infinity
        let below = schema["exclusiveMaximum"]?.double ?? .infinity
        let isWhole = type(of: schema) == "integer"
        let step = schema["multipleOf"]?.double ?? 1
        guard step > 0 else { throw Impossible(reason: "multipleOf must be greater than 0") }
        // The multiples of `step` that are allowed.
        least = max(least, above)
        most = min(most, below)
        var first = max((least / step).rounded(.up), -1e15)
        if first * step <= above { first += 1 }
        var last = min((most / step).rounded(.down), 1e15)
        if last * step >= below { last -= 1 }
        guard first <= last else {
            guard !isWhole, schema["multipleOf"] == nil, least <= most else {
                throw Impossible(reason: "no number is within the bounds")
            }
            return .number(Self.spelled(least == most ? least : least + (most - least) / 2))
        }
        let multiple = min(max(Double(1 + index), first + Double(index)), last)
        return .number(Self.spelled(multiple * step))
    }

    /// Whole numbers without a fraction, as a reader of integers needs them.
    private static func spelled(_ number: Double) -> String {
        Int(exactly: number).map { String($0) } ?? String(number)
    }
}

extension JSONValue {
    fileprivate func without(_ key: String) -> JSONValue {
        .object((members ?? []).filter { $0.key != key })
    }

    /// Both schemas at once: `properties` and `required` together, of other keywords this one's.
    fileprivate func merged(into other: JSONValue) -> JSONValue {
        guard case .object(let members) = self else { return other }
        guard case .object = other else { return self }
        return other.setting(
            members.map { member in
                switch (member.key, other[member.key]) {
                case ("properties", let theirs?):
                    Member("properties", theirs.setting(member.value.members ?? []))
                case ("required", let theirs?):
                    Member("required", .array((theirs.elements ?? []) + (member.value.elements ?? [])))
                default: member
                }
            })
    }
}
