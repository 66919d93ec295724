import Domain

/// The last step: a request's bound is taken from its limits as it is, or with a smaller maximum of output
/// that fits.
extension AccessDecision {
    /// What passed, and what was taken for it.
    struct Passed<Taken> {
        /// Of the request as it is to be sent.
        let bound: UsageBound
        let taken: Taken
        /// The maximum of each choice that is to be written into the body; zero if none is.
        var fittedOutput: Int64 = 0
    }

    /// How often a maximum is looked for again because others took what was left meanwhile.
    private static let fittings = 3
    /// Output that rates take in advance of a model that was not seen yet, at least.
    private static let leastAdvance: Int64 = 256

    /// `take` takes a bound from all limits that are about the request, or throws: rates take the charge
    /// beside it in advance, nil is the bound. It decides alone, so that no race gets past the limits.
    static func judgeLimits<Taken>(
        _ demand: borrowing AccessDemand, _ peek: borrowing BodyPeek, _ terms: borrowing Terms,
        defaults: UsageBound.Defaults, at now: QuotaMoment,
        take: (UsageBound, Charge?) throws(LimitRefusal) -> Taken
    ) throws(LimitRefusal) -> Passed<Taken> {
        let bound = bound(demand, peek, terms, outputLimit: terms.output.limit, defaults)
        let refusal: LimitRefusal
        do throws(LimitRefusal) {
            return Passed(bound: bound, taken: try take(bound, advance(of: bound, demand, peek, terms)))
        } catch {
            refusal = error
        }
        guard refusal.isAboutOutput, let key = OutputPlan.key(of: demand.endpoint.consumption, peek) else {
            throw refusal
        }
        let fit = OutputFit(bound, from: self.bound(demand, peek, terms, outputLimit: 0, defaults))
        let quotas = demand.holder.grant.quotas
        do throws(LimitRefusal) {
            guard mayFit(demand, peek, terms) else { throw refusal }
            for attempt in 1...fittings {
                // If none fits, the smallest one decides why.
                let maximum = fit.maximum(in: quotas.room(model: demand.model, at: now))
                let output = maximum ?? fit.smallest
                let fitted = self.bound(demand, peek, terms, outputLimit: output, defaults)
                do throws(LimitRefusal) {
                    let taken = try take(fitted, advance(of: fitted, demand, peek, terms))
                    return Passed(bound: fitted, taken: taken, fittedOutput: output)
                } catch {
                    guard maximum != nil, attempt < fittings, error.isAboutOutput else { throw error }
                }
            }
            throw refusal
        } catch {
            guard error.isAboutOutput, error.isQuota else { throw error }
            // What would pass, by all of them.
            var room = QuotaRoom()
            for other in quotas.explain(bound.charge, model: demand.model, at: now) where other.isAboutOutput
            {
                let left = error.canNeverPass ? other.state.allowance : other.state.remaining
                room.narrow(to: left, of: other.limit.id.metric)
            }
            throw error.curable(by: key, fit, in: room)
        }
    }

    /// Covers every target that the request may still be sent to.
    private static func bound(
        _ demand: borrowing AccessDemand, _ peek: borrowing BodyPeek, _ terms: borrowing Terms,
        outputLimit: Int64?, _ defaults: UsageBound.Defaults
    ) -> UsageBound {
        var bound = demand.bound(peek, terms.price, outputLimit: outputLimit, defaults)
        for price in terms.laterPrices {
            bound.cover(demand.bound(peek, price, outputLimit: outputLimit, defaults))
        }
        return bound
    }

    /// A smaller maximum may be written in where the request names none.
    private static func mayFit(
        _ demand: borrowing AccessDemand, _ peek: borrowing BodyPeek, _ terms: borrowing Terms
    ) -> Bool {
        guard demand.isHeld, terms.output.limit == nil,
            OutputPlan.isUnbounded(demand.endpoint.consumption, peek)
        else { return false }
        let holder = demand.holder
        return holder.grant.grants.unboundedOutput ?? holder.route.unboundedOutput == .fit
    }

    /// What rates of tokens and cost take before the response: a quarter of what bounds the prompt, and the
    /// maximum that the client named, else what its requests for that model come to on average. nil if there
    /// is no such rate.
    private static func advance(
        of bound: UsageBound, _ demand: borrowing AccessDemand, _ peek: borrowing BodyPeek,
        _ terms: borrowing Terms
    ) -> Charge? {
        let consumption = demand.endpoint.consumption
        guard demand.holder.grant.quotas.needsEstimate, !bound.isEstimate, consumption != .free else {
            return nil
        }
        var usage = Usage(prompt: UsageEstimate.quarter(bound.prompt), completion: bound.completion)
        let isNamed =
            terms.output.limit != nil
            || OutputPlan.key(of: consumption, peek) != nil && !OutputPlan.isUnbounded(consumption, peek)
        if !isNamed {
            let mean = demand.holder.grant.quotas.outputs.mean(of: OutputMeans.key(of: demand.model)) ?? 0
            usage.completion = min(bound.completion, max(leastAdvance, mean))
        }
        return Charge(
            requests: bound.charge.requests, tokens: usage.tokens,
            cost: terms.price?.cost(of: usage, on: peek.terms) ?? .zero)
    }
}

extension LimitRefusal {
    /// A quota that a smaller maximum of output takes less of.
    fileprivate var isAboutOutput: Bool {
        guard limit.id.isQuota else { return false }
        return switch limit.id.metric {
        case .tokens, .cost: true
        case .requests, .concurrency: false
        }
    }

    /// Names the maximum that would pass.
    fileprivate func curable(by key: BodyPeek.Key, _ fit: OutputFit, in room: QuotaRoom) -> LimitRefusal {
        let most = fit.largest(in: room)
        guard most >= 1 else { return self }
        var refusal = self
        refusal.cure = Cure(key: key.rawValue, most: most)
        return refusal
    }
}
