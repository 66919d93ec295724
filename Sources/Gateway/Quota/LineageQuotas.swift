package import Domain
import Synchronization

/// The limits of one access token and of all that it was rotated to, with those of its project: what a
/// request reserves from.
///
/// Shared by all event loops. Nothing in it waits for anything but the project's lock, which is held for some
/// dozens of instructions; where neither has a limit there is no lock at all.
package final class LineageQuotas: Sendable {
    package let project: ProjectQuotas
    /// What its requests' output comes to; told only where ``needsEstimate``.
    package let outputs = OutputMeans()
    let owner: Int
    let scope = Atomic<LimitScope>([])

    init(_ project: ProjectQuotas, owner: Int) {
        self.project = project
        self.owner = owner
    }

    /// True where some limit may be about a request.
    package var hasLimits: Bool { !bothScopes.isEmpty }

    /// Some limit asks which model a request is for: it is about certain models, or about cost. Without a
    /// lock.
    package var needsModel: Bool { bothScopes.contains(.model) }

    /// Some limit is a rate that takes an estimate in advance. Without a lock.
    package var needsEstimate: Bool { bothScopes.contains(.estimate) }

    /// Some limit is on cost, of whatever models. Without a lock.
    var limitsAnyCost: Bool { bothScopes.contains(.cost) }

    /// Some limit is a quota of tokens, of whatever models. Without a lock.
    var hasTokenQuota: Bool { bothScopes.contains(.tokenQuota) }

    private var bothScopes: LimitScope {
        scope.load(ordering: .relaxed).union(project.scope.load(ordering: .relaxed))
    }

    /// True where a limit on cost is about the model; nil is a request that names none.
    package func limitsCost(of model: String?) -> Bool {
        needsModel && project.limitsCost(of: model, by: owner)
    }

    /// Takes the bound from every limit that is about the model, or from none. A limit with a model pattern
    /// is about requests whose model it covers (``ModelPattern/covers(_:)``).
    ///
    /// Quotas hold the bound until the exchange is settled. Rates take `advance` at once, at most all that
    /// they can hold, and in the end what the exchange came to in its place; nil is the bound. Nil is
    /// returned where no limit is about the request: there is nothing to settle. Of several limits that
    /// refuse, the one that does longest is thrown.
    ///
    /// `settling`: of an attempt before this one. It is settled whatever is returned or thrown, and nobody
    /// else takes what it gives back before this is decided.
    package func reserve(
        _ bound: Charge, advance: Charge? = nil, model: String?, at now: QuotaMoment,
        settling last: Settling? = nil
    ) throws(LimitRefusal) -> Reservation? {
        guard hasLimits else {
            last?.end(at: now.nanoseconds)
            return nil
        }
        var demand = QuotaDemand(bound: bound, advance: advance ?? bound)
        if let last, last.reservation.beginSettling() { demand.settling = last }
        guard var model else { return try project.reserve(demand, model: nil, by: owner, at: now) }
        return try model.withUTF8 { bytes in
            Result { () throws(LimitRefusal) in
                try project.reserve(demand, model: UnsafeRawBufferPointer(bytes), by: owner, at: now)
            }
        }.get()
    }

    /// What the quotas of tokens and cost that are about the model have left at the moment.
    package func room(model: String?, at now: QuotaMoment) -> QuotaRoom {
        guard hasLimits else { return QuotaRoom() }
        return project.room(model: model, by: owner, at: now)
    }

    /// Which limits would refuse the bound now, by the code that admits, the one first that does longest;
    /// nothing is taken.
    package func explain(
        _ bound: Charge, advance: Charge? = nil, model: String?, at now: QuotaMoment
    ) -> [LimitRefusal] {
        guard hasLimits else { return [] }
        return project.explain(
            QuotaDemand(bound: bound, advance: advance ?? bound), model: model, by: owner, at: now)
    }

    /// Charges an exchange of a run before this one, found in the journal: to the quotas whose counters
    /// counted at its admission. In the order of admission, after ``QuotaBook/setLimits(_:of:at:)`` and
    /// before the first reservation.
    package func charge(_ actual: Charge, model: String?, admittedAt: Timestamp) {
        guard hasLimits else { return }
        project.charge(actual, model: model, by: owner, at: QuotaMoment(wall: admittedAt, nanoseconds: 0))
    }

    /// Takes back what a settled exchange was charged, from exactly the counters it was charged to; what
    /// begins to count anew in between has forgotten it already. Rates keep what they took.
    package func giveBack(_ charge: Charge, to counters: AccountPeriods) {
        guard hasLimits else { return }
        project.giveBack(charge, to: counters, by: owner)
    }

    /// Charges a settled exchange more, or less where an amount is negative: exactly the counters it was
    /// charged to, as far as they have not begun anew.
    package func adjust(by charge: Charge, of counters: AccountPeriods) {
        giveBack(
            Charge(
                requests: -charge.requests, tokens: -charge.tokens,
                cost: Money(nanoUSD: -charge.cost.nanoUSD)),
            to: counters)
    }

    /// Its own limits as they stand, in the order they were set, without the project's.
    package func states(at now: QuotaMoment) -> [LimitState] { project.states(of: owner, at: now) }

    /// What the `RateLimit` fields of an answer tell; empty without limits.
    package func headroom(model: String?, at now: QuotaMoment) -> Headroom {
        guard hasLimits else { return Headroom() }
        return project.headroom(model: model, of: owner, at: now)
    }
}
