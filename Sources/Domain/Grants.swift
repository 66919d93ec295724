/// What an access token may do, beside how much of it (``LimitSet``). What is nil is not restricted.
package struct Grants: Hashable, Sendable {
    /// The models it may ask for; a request that names none passes.
    package var models: [ModelPattern]?
    /// nil is all but what needs its name in a grant (``EndpointKind/needsName``).
    package var endpoints: Set<EndpointKind>?
    /// Where its requests may come from.
    package var networks: [AddressRange]?
    /// The first moment at which it is admitted.
    package var notBefore: Timestamp?
    /// It expires once it was not used for so many seconds, counted from its making where it never was.
    package var idleSeconds: Int64?
    package var outputCap: OutputCap?
    /// nil is as its project has it.
    package var unboundedOutput: UnboundedOutput?

    package init() {}

    package func allows(_ endpoint: EndpointKind) -> Bool {
        guard let endpoints else { return !endpoint.needsName }
        return endpoints.contains(endpoint)
    }

    /// Whether its requests may come from there; nil is an unknown address.
    package func allows(from client: IPAddress?) -> Bool {
        guard let networks else { return true }
        return client.map { client in networks.contains { $0.contains(client) } } ?? false
    }

    /// True where a grant names it.
    package func names(_ endpoint: EndpointKind) -> Bool { endpoints?.contains(endpoint) ?? false }

    /// The first by name of the endpoints that only an operator for all projects may grant; nil where it
    /// names none.
    package var reservedEndpoint: EndpointKind? {
        endpoints?.filter(\.isReserved).min { $0.rawValue < $1.rawValue }
    }
}
