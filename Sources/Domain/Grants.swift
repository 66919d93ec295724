/// What an access token may do, beside how much of it (``LimitSet``). What is nil is not restricted.
package struct Grants: Hashable, Sendable {
    /// The models it may ask for; a request that names none passes.
    package var models: [ModelPattern]?
    /// nil is all but account administration.
    package var endpoints: Set<EndpointKind>?
    /// Where its requests may come from.
    package var networks: [AddressRange]?
    /// The first moment at which it is admitted.
    package var notBefore: Timestamp?
    /// It expires once it was not used for so many seconds, counted from its making where it never was.
    package var idleSeconds: Int64?
    package var outputCap: OutputCap?

    package init() {}

    package func allows(_ endpoint: EndpointKind) -> Bool {
        guard let endpoints else { return !endpoint.isAdministration }
        return endpoints.contains(endpoint)
    }
}
