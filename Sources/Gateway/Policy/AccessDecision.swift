import Domain

/// The one place that refuses, once the credential is known. What a request asks for becomes known in steps,
/// and is judged in the same steps, by the data path and by explanations alike:
///
///     caller   project open · from an address that is granted                          ``judgeCaller``
///     head     endpoint granted · an upstream key · the model in a path of `models`    ``judgeHead``
///     body     models granted · cap on output · a price, where cost is limited         ``judgeBody``
///     limits   each takes the request's bound, or a smaller one that fits              ``judgeLimits``
///
/// Each step hands every refusal, in that order, to `refuse`. ``Admission`` and ``Accounting`` pass ``stop``,
/// which throws the first; ``Holder/explain(_:prices:defaults:at:)`` collects them all. Nothing is changed
/// here: what is taken from limits, `take` takes. No clock, no I/O, no allocation on the way of what passes.
enum AccessDecision {
    /// The first refusal is the answer.
    static func stop(_ rejection: Rejection) throws(Rejection) { throw rejection }

    /// What the body's step finds for those after it.
    struct Terms {
        /// nil: without a price, or free.
        let price: ModelPrice?
        /// The same at the targets that the request may be sent to after the one that it is sent to.
        let laterPrices: [ModelPrice?]
        /// How the body is made to keep to the cap on output.
        let output: OutputPlan
    }

    // MARK: Caller

    static func judgeCaller<Stop: Error>(
        _ holder: Holder, from client: IPAddress?, _ refuse: (Rejection) throws(Stop) -> Void
    ) throws(Stop) {
        if !holder.route.gate.isOpen { try refuse(.projectDisabled) }
        if !holder.grant.grants.allows(from: client) { try refuse(.addressNotGranted) }
    }

    // MARK: Head

    /// `about`: of a request on `/v1/models`.
    static func judgeHead<Stop: Error>(
        _ holder: Holder, _ endpoint: Endpoint, about: ModelsRequest?,
        _ refuse: (Rejection) throws(Stop) -> Void
    ) throws(Stop) {
        let (grant, route) = (holder.grant, holder.route)
        if let refusal = grant.grants.refusal(of: endpoint, in: route) { try refuse(refusal) }
        if let refusal = grant.refusal(unnamed: endpoint.kind, legible: endpoint.legible) {
            try refuse(refusal)
        }
        if route.lacksKey { try refuse(.noUpstreamCredential) }
        if let models = grant.grants.models, case .model(let id) = about,
            !id.withUnsafeBytes({ id in models.contains { $0.matches(id) } })
        {
            try refuse(.modelNotGranted(String(decoding: id, as: UTF8.self)))
        }
    }

    // MARK: Body

    /// `peek` is empty where the body is not read as JSON.
    static func judgeBody<Stop: Error>(
        _ demand: borrowing AccessDemand, _ peek: borrowing BodyPeek, prices: PriceTable,
        _ refuse: (Rejection) throws(Stop) -> Void
    ) throws(Stop) -> Terms {
        let (grant, route, endpoint) = (demand.holder.grant, demand.holder.route, demand.endpoint)
        let isFree = endpoint.consumption == .free
        if !isFree {
            if let refusal = grant.refusal(ofModel: demand.model, endpoint) { try refuse(refusal) }
            // Of more models than one only the first is judged.
            if peek.openEnds.contains(.otherModel),
                let refusal = grant.refusal(
                    unnamed: endpoint.kind, legible: endpoint.legible.subtracting([.model, .cost]))
            {
                try refuse(refusal)
            }
        }
        // In the background a hosted tool works on in as many rounds as it likes, after its request.
        if endpoint.kind == .responses, peek.openEnds.isSuperset(of: [.background, .builtInTool]),
            let refusal = grant.refusal(unnamed: .responses, legible: .model)
        {
            try refuse(refusal)
        }
        var output = OutputPlan.unchanged
        do throws(OutputPlan.Exceeded) {
            if demand.isHeld {
                output = try OutputPlan(grant.grants.outputCap, for: endpoint.consumption, peek: peek)
            }
        } catch {
            try refuse(.outputCapExceeded(cap: error.cap, param: error.key.rawValue))
        }
        // Where its name cannot be written in, a model is called as its client calls it.
        let targetModel = peek.modelRange == nil ? nil : demand.targetModel
        let price = isFree ? nil : Self.price(of: targetModel ?? demand.model, prices, route)
        let laterPrices =
            isFree || demand.laterTargets.isEmpty
            ? [] : demand.laterTargets.map { Self.price(of: $0.model ?? demand.model, prices, route) }
        if price == nil || laterPrices.contains(nil), !isFree, demand.stated?.cost == nil,
            endpoint.legible.contains(.cost),
            route.refusesUnpriced, grant.quotas.limitsCost(of: demand.model)
        {
            try refuse(.unpricedModel(demand.model))
        }
        return Terms(price: price, laterPrices: laterPrices, output: output)
    }

    private static func price(
        of model: String?, _ prices: PriceTable, _ route: ProjectRoute
    ) -> ModelPrice? {
        if let model, let price = prices.price(of: model) { return price }
        return route.defaultPrice
    }
}

// MARK: - Rules

extension Grants {
    /// As far as the endpoint's path alone decides; nil if it may be called.
    fileprivate func refusal(of endpoint: Endpoint, in route: ProjectRoute) -> Rejection? {
        guard endpoint.isKnown || names(.other) || (endpoints == nil && route.allowsUnknownEndpoints) else {
            return .unknownEndpoint(route.id)
        }
        if endpoints == nil, !endpoint.kind.isAdministration, !endpoint.handsOutKeys { return nil }
        return allows(endpoint.kind) ? nil : .endpointNotGranted
    }
}

extension AccessGrant {
    /// `model` is the body's. A run that names none has that of its assistant, so its endpoint must be
    /// granted by name.
    fileprivate func refusal(ofModel model: String?, _ endpoint: Endpoint) -> Rejection? {
        guard let models = grants.models, endpoint.legible.contains(.model) else { return nil }
        if let model {
            return models.contains { $0.matches(model) } ? nil : .modelNotGranted(model)
        }
        guard endpoint.kind == .threads else { return .modelNotGranted(nil) }
        return grants.names(.threads) ? nil : .endpointUnnamed(.threads, .model)
    }

    /// Where models are granted, or cost or tokens are limited, an endpoint whose requests do not show these
    /// must be granted by name. nil if it is, or nothing depends on it.
    fileprivate func refusal(unnamed endpoint: EndpointKind, legible: Legibility) -> Rejection? {
        guard legible != .all, !grants.names(endpoint) else { return nil }
        if !legible.contains(.model), grants.models != nil { return .endpointUnnamed(endpoint, .model) }
        if !legible.contains(.cost), quotas.limitsAnyCost { return .endpointUnnamed(endpoint, .cost) }
        if !legible.contains(.tokens), quotas.hasTokenQuota { return .endpointUnnamed(endpoint, .tokens) }
        return nil
    }
}
