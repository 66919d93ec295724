package import Domain

/// What would become of a request now: what it would take of its limits, and everything that stands against
/// it. Nothing is reserved by asking.
package struct AccessExplanation: Hashable, Sendable {
    package let charge: Charge
    /// In the order in which a request meets them; empty where it would be admitted.
    package let rejections: [Rejection]

    package init(charge: Charge, rejections: [Rejection]) {
        self.charge = charge
        self.rejections = rejections
    }
}

extension Holder {
    package func explain(
        _ question: AccessQuestion, prices: PriceTable, at now: QuotaMoment
    ) -> AccessExplanation {
        var rejections: [Rejection] = []
        let legible = question.legible
        if let refusal = refusal(of: question) { rejections.append(refusal) }
        let isFree = question.path?.consumption == .free
        if let models = grant.grants.models, !isFree, legible.contains(.model) || question.model != nil {
            if let model = question.model {
                if !models.contains(where: { $0.matches(model) }) {
                    rejections.append(.modelNotGranted(model))
                }
            } else if let refusal = grant.refusal(ofNoModel: question.kind, legible) {
                rejections.append(refusal)
            }
        }
        if let endpoint = question.endpoint,
            let refusal = grant.refusal(of: endpoint, legible: legible, at: now)
        {
            rejections.append(refusal)
        }
        var size = question.size
        if case .parts(let prompt, let completion) = size, let cap = grant.grants.outputCap,
            completion > cap.amount
        {
            switch cap.mode {
            case .refuse:
                rejections.append(.outputCapExceeded(cap: cap.amount, param: "max_output_tokens"))
            case .clamp: size = .parts(prompt: prompt, completion: cap.amount)
            }
        }
        let price = question.model.flatMap { prices.price(of: $0) } ?? route.defaultPrice
        if price == nil, question.cost == nil, !isFree, legible.contains(.cost), route.refusesUnpriced,
            limitsCost(of: question.model, at: now)
        {
            rejections.append(.unpricedModel(question.model))
        }
        let charge = Charge(
            requests: 1, tokens: size.tokens, cost: question.cost ?? price.map(size.bound) ?? .zero)
        let refusals = grant.quotas.explain(charge, model: question.model, at: now)
        return AccessExplanation(charge: charge, rejections: rejections + refusals.map { .limited($0) })
    }

    /// As far as the endpoint alone decides.
    private func refusal(of question: AccessQuestion) -> Rejection? {
        if let path = question.path { return grant.grants.refusal(of: path, in: route) }
        guard let endpoint = question.endpoint, !grant.grants.allows(endpoint) else { return nil }
        return .endpointNotGranted
    }

    private func limitsCost(of model: String?, at now: QuotaMoment) -> Bool {
        let states = grant.quotas.states(at: now) + grant.quotas.project.states(at: now)
        return states.contains { state in
            guard state.limit.id.metric == .cost else { return false }
            guard let pattern = state.limit.id.models else { return true }
            return model.map { pattern.covers($0) } ?? false
        }
    }
}

extension AccessQuestion {
    /// Of the path, else of what is mostly posted to the endpoint.
    fileprivate var legible: Legibility { path?.legible ?? endpoint?.legible ?? .all }
    fileprivate var kind: EndpointKind { path?.kind ?? endpoint ?? .chatCompletions }
}

extension AccessQuestion.Size {
    fileprivate var tokens: Int64 {
        switch self {
        case .tokens(let count): count
        case .parts(let prompt, let completion): prompt.addingSaturated(completion)
        }
    }

    /// The most it can cost; of tokens that may be either, as if all were of the dearer kind.
    fileprivate func bound(by price: ModelPrice) -> Money {
        func bound(_ prompt: Int64, _ completion: Int64) -> Money {
            price.bound(
                prompt: prompt, completion: completion, withMedia: false, on: ModelPrice.Terms())
        }
        switch self {
        case .tokens(let count): return max(bound(count, 0), bound(0, count))
        case .parts(let prompt, let completion): return bound(prompt, completion)
        }
    }
}
