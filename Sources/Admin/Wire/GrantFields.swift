import Domain

/// The fields of a request that say what an access token may do; `null` lifts a restriction.
package struct GrantFields: Codable, Equatable, Sendable {
    /// Patterns, as `gpt-6*`.
    package var models = Given<[String]>.left
    package var endpoints = Given<[String]>.left
    /// In CIDR notation.
    package var networks = Given<[String]>.left
    /// RFC 3339.
    package var notBefore = Given<String>.left
    /// Seconds without use.
    package var idleExpiresIn = Given<Int64>.left
    /// `4096`, `4096:refuse` or `4096:clamp`.
    package var outputCap = Given<String>.left
    /// `fit` or `refuse`; `null` is as the project has it.
    package var unboundedOutput = Given<String>.left

    package init() {}

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case models, endpoints, networks
        case notBefore = "not_before"
        case idleExpiresIn = "idle_expires_in"
        case outputCap = "output_cap"
        case unboundedOutput = "unbounded_output"
    }

    static let fields = CodingKeys.allCases.map { Field($0.rawValue, mayBeNull: true) }

    /// Entries of one list: each request looks at every one of them.
    private static let maximumEntries = 64

    /// Throws where one of them breaks its rule.
    func changes() throws(Problem) -> [GrantChange] {
        var changes: [GrantChange] = []
        let models = try Self.list(models, .models, rule: ModelPattern.rule) { ModelPattern($0) }
        if let models { changes.append(.models(models)) }
        let names = EndpointKind.allCases.map(\.rawValue).joined(separator: ", ")
        let endpoints = try Self.list(endpoints, .endpoints, rule: "one of \(names)") {
            EndpointKind(rawValue: $0)
        }
        if let endpoints { changes.append(.endpoints(endpoints.map { Set($0) })) }
        let networks = try Self.list(
            networks, .networks, rule: "an IP address or a range of them, such as 10.0.0.0/8"
        ) { try? AddressRange(parsing: $0) }
        if let networks { changes.append(.networks(networks)) }
        let rule = "an RFC 3339 time, as 2030-01-31T12:00:00Z"
        let notBefore = try Self.single(notBefore, .notBefore, rule: rule) { Timestamp(rfc3339: $0) }
        if let notBefore { changes.append(.notBefore(notBefore)) }
        let longest = Lifetime.longest
        let idle = try Self.single(
            idleExpiresIn, .idleExpiresIn, rule: "a number of seconds from 1 to \(longest)"
        ) { (1...longest).contains($0) ? $0 : nil }
        if let idle { changes.append(.idleSeconds(idle)) }
        let cap = try Self.single(outputCap, .outputCap, rule: OutputCap.rule) { OutputCap($0) }
        if let cap { changes.append(.outputCap(cap)) }
        let unbounded = try Self.single(unboundedOutput, .unboundedOutput, rule: "fit or refuse") {
            UnboundedOutput(rawValue: $0)
        }
        if let unbounded { changes.append(.unboundedOutput(unbounded)) }
        return changes
    }

    /// nil where it was left out, and a nil within for `null`.
    private static func single<Wire, Value>(
        _ given: Given<Wire>, _ key: CodingKeys, rule: String, parse: (Wire) -> Value?
    ) throws(Problem) -> Value?? {
        switch given {
        case .left: return nil
        case .null: return .some(nil)
        case .value(let wire):
            guard let value = parse(wire) else { throw .invalid(key.rawValue, "it has to be \(rule)") }
            return value
        }
    }

    private static func list<Value>(
        _ given: Given<[String]>, _ key: CodingKeys, rule: String, parse: (String) -> Value?
    ) throws(Problem) -> [Value]?? {
        guard case .value(let texts) = given else { return try single(given, key, rule: rule) { _ in nil } }
        guard (1...maximumEntries).contains(texts.count) else {
            throw .invalid(
                key.rawValue, "it has to have 1 to \(maximumEntries) entries; null lifts the restriction")
        }
        var values: [Value] = []
        for (index, text) in texts.enumerated() {
            guard let value = parse(text) else {
                throw .invalidFields([
                    .init(pointer: Problem.pointer([key.rawValue, String(index)]), "it has to be \(rule)")
                ])
            }
            values.append(value)
        }
        return values
    }
}
