package import Domain

/// What would become of a request now: what it would take of its limits, and everything that stands against
/// it. Nothing is reserved by asking.
package struct AccessExplanation: Hashable, Sendable {
    package let charge: Charge
    /// The maximum of output that would be written into it so that it fits into what is left; zero if none
    /// would.
    package let fittedOutput: Int64
    /// In the order in which a request meets them: the first is its answer. Empty if it would be admitted.
    package let rejections: [Rejection]

    package init(charge: Charge, fittedOutput: Int64 = 0, rejections: [Rejection]) {
        self.charge = charge
        self.fittedOutput = fittedOutput
        self.rejections = rejections
    }
}

extension Holder {
    /// Refuses a caller who is refused whatever is asked.
    package func check(from client: IPAddress?) throws(Rejection) {
        try AccessDecision.judgeCaller(self, from: client, AccessDecision.stop)
    }

    /// All steps of ``AccessDecision``, one after another. `defaults` are the data path's.
    package func explain(
        _ question: AccessQuestion, prices: PriceTable, defaults: UsageBound.Defaults, at now: QuotaMoment
    ) -> AccessExplanation {
        var rejections: [Rejection] = []
        let path = question.path ?? usualPath
        let peek = question.peek(for: path.endpoint.consumption)
        AccessDecision.judgeCaller(self, from: question.client ?? grant.grants.networks?.first?.first) {
            rejections.append($0)
        }
        AccessDecision.judgeHead(self, path.endpoint, about: path.models) { rejections.append($0) }
        var demand = AccessDemand(self, to: path.endpoint, model: question.model, isHeld: true)
        demand.stated = question.use
        let terms = AccessDecision.judgeBody(demand, peek, prices: prices) { rejections.append($0) }
        let (quotas, model) = (grant.quotas, demand.model)
        var asked: Charge?
        var refusals: [LimitRefusal] = []
        do throws(LimitRefusal) {
            let passed = try AccessDecision.judgeLimits(demand, peek, terms, defaults: defaults, at: now) {
                bound, advance throws(LimitRefusal) in
                if asked == nil { asked = bound.charge }
                refusals = quotas.explain(bound.charge, advance: advance, model: model, at: now)
                if let first = refusals.first { throw first }
            }
            return AccessExplanation(
                charge: passed.bound.charge, fittedOutput: passed.fittedOutput, rejections: rejections)
        } catch {
            rejections.append(.limited(error))
            rejections += refusals.dropFirst().map { .limited($0) }
            return AccessExplanation(charge: asked ?? .none, rejections: rejections)
        }
    }

    /// Of a question that names none: of the endpoints that are granted, the first that uses a model.
    private var usualPath: AskedPath {
        EndpointKind.allCases.lazy.filter(grant.grants.allows).map { AskedPath(usual: $0) }
            .first { $0.endpoint.consumption != .free } ?? AskedPath(usual: .chatCompletions)
    }
}

extension AccessQuestion {
    /// As if its body had been read.
    fileprivate func peek(for consumption: Consumption) -> BodyPeek {
        var maximum: Int64?
        if case .parts(_, let completion) = use.size { maximum = completion }
        return BodyPeek(model: model, choices: choices, maximum: maximum, for: consumption)
    }
}
