import Domain

/// How a request's bound is taken from its limits: as it is, or with a smaller maximum of output that fits.
extension Accounting {
    /// What was taken. ``bound`` is that of the request as it is to be sent.
    struct Held {
        let bound: UsageBound
        /// nil where no limit is about the request.
        let reservation: Reservation?
        /// The maximum of each choice that is to be written into the body; zero where none is.
        var fittedOutput: Int64 = 0
    }

    /// How often a maximum is looked for again because others took what was left meanwhile.
    private static let fittings = 3
    /// Output that rates take in advance of a model that was not seen yet, at least.
    private static let leastAdvance: Int64 = 256

    func hold(
        _ bound: UsageBound, for demand: borrowing Demand, _ peek: borrowing BodyPeek, _ price: ModelPrice?,
        at now: QuotaMoment
    ) throws(LimitRefusal) -> Held {
        let quotas = demand.permit.grant.quotas
        let refusal: LimitRefusal
        do throws(LimitRefusal) {
            return Held(
                bound: bound,
                reservation: try quotas.reserve(
                    bound.charge, advance: advance(of: bound, demand, peek, price), model: demand.model,
                    at: now))
        } catch {
            refusal = error
        }
        guard refusal.isAboutOutput, let key = OutputPlan.key(of: demand.consumption, peek) else {
            throw refusal
        }
        let fit = OutputFit(bound, from: self.bound(of: demand, peek, price, outputLimit: 0))
        do throws(LimitRefusal) {
            guard fits(demand, peek) else { throw refusal }
            return try hold(bound, fitting: fit, for: demand, peek, price, at: now)
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

    /// A smaller maximum may be written in where the request names none.
    private func fits(_ demand: borrowing Demand, _ peek: borrowing BodyPeek) -> Bool {
        guard demand.isHeld, demand.outputLimit == nil, OutputPlan.isUnbounded(demand.consumption, peek)
        else {
            return false
        }
        let permit = demand.permit
        return permit.grant.grants.unboundedOutput ?? permit.route.unboundedOutput == .fit
    }

    /// With the maximum that fits into what is left; where none does, the smallest one decides why. What is
    /// taken is decided by the quotas alone, so that no race gets past them.
    private func hold(
        _ bound: UsageBound, fitting fit: OutputFit, for demand: borrowing Demand, _ peek: borrowing BodyPeek,
        _ price: ModelPrice?, at now: QuotaMoment
    ) throws(LimitRefusal) -> Held {
        let quotas = demand.permit.grant.quotas
        var attempts = 0
        while true {
            attempts += 1
            let maximum = fit.maximum(in: quotas.room(model: demand.model, at: now))
            let output = maximum ?? fit.smallest
            let fitted = self.bound(of: demand, peek, price, outputLimit: output)
            do throws(LimitRefusal) {
                let reservation = try quotas.reserve(
                    fitted.charge, advance: advance(of: fitted, demand, peek, price), model: demand.model,
                    at: now)
                return Held(bound: fitted, reservation: reservation, fittedOutput: output)
            } catch {
                guard maximum != nil, attempts < Self.fittings, error.isAboutOutput else { throw error }
            }
        }
    }

    /// What rates of tokens and cost take before the answer: a quarter of what bounds the prompt, and the
    /// maximum that the client named, else what its requests for that model come to on average. Nil where
    /// there is no such rate.
    private func advance(
        of bound: UsageBound, _ demand: borrowing Demand, _ peek: borrowing BodyPeek, _ price: ModelPrice?
    ) -> Charge? {
        let quotas = demand.permit.grant.quotas
        guard quotas.needsEstimate, !bound.isEstimate, demand.consumption != .free else { return nil }
        var usage = Usage(prompt: UsageEstimate.quarter(bound.prompt), completion: bound.completion)
        let isNamed =
            demand.outputLimit != nil
            || OutputPlan.key(of: demand.consumption, peek) != nil
                && !OutputPlan.isUnbounded(demand.consumption, peek)
        if !isNamed {
            let mean = quotas.outputs.mean(of: Self.key(of: demand.model)) ?? 0
            usage.completion = min(bound.completion, max(Self.leastAdvance, mean))
        }
        return Charge(
            requests: bound.charge.requests, tokens: usage.tokens,
            cost: price?.cost(of: usage, on: peek.terms) ?? .zero)
    }

    static func key(of model: String?) -> Int { model?.hashValue ?? 0 }
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
