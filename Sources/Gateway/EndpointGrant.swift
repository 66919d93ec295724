package import Domain

/// Whether an access token may call an endpoint, as far as that depends on its path alone: asked at admission
/// and by explanations alike.
extension Grants {
    /// nil where it may.
    func refusal(of endpoint: Endpoint, in route: ProjectRoute) -> Rejection? {
        guard endpoint.isKnown || names(.other) || (endpoints == nil && route.allowsUnknownEndpoints) else {
            return .unknownEndpoint(route.id)
        }
        if endpoints == nil, !endpoint.kind.isAdministration, !endpoint.handsOutKeys { return nil }
        return allows(endpoint.kind) ? nil : .endpointNotGranted
    }
}

extension AccessGrant {
    /// Of a request that names no model where models are granted. A run has that of its assistant then, so
    /// that its endpoint must be granted by name.
    func refusal(ofNoModel endpoint: EndpointKind, _ legible: Legibility) -> Rejection? {
        guard legible.contains(.model) else { return nil }
        guard endpoint == .threads else { return .modelNotGranted(nil) }
        return grants.names(endpoint) ? nil : .endpointUnnamed(endpoint, .model)
    }

    /// Where models are granted, or cost or tokens are limited, an endpoint from whose request that cannot be
    /// told must be granted by name. nil where it is, or nothing depends on it.
    package func refusal(
        of endpoint: EndpointKind, legible: Legibility, at now: QuotaMoment
    ) -> Rejection? {
        guard legible != .all, !grants.names(endpoint) else { return nil }
        if !legible.contains(.model), grants.models != nil { return .endpointUnnamed(endpoint, .model) }
        guard quotas.hasLimits else { return nil }
        let limits = (quotas.states(at: now) + quotas.project.states(at: now)).map(\.limit.id)
        if !legible.contains(.cost), limits.contains(where: { $0.metric == .cost }) {
            return .endpointUnnamed(endpoint, .cost)
        }
        if !legible.contains(.tokens), limits.contains(where: { $0.metric == .tokens && $0.isQuota }) {
            return .endpointUnnamed(endpoint, .tokens)
        }
        return nil
    }
}
