package import Domain
import NIOCore
import Telemetry

/// What happens to a request between admission and dispatch, and at its end: how much it may use at most,
/// whether its limits take that, and what it came to. One per event loop, confined to it.
///
/// ``open(_:_:)`` reserves the bound and writes the exchange into the journal, or refuses; nothing is
/// dispatched without it. ``close(_:_:at:)`` charges what was used and hands the exchange to the ledger. What
/// was not dispatched costs nothing and leaves no row.
package final class Accounting {
    private let desk: LedgerDesk
    let defaults: UsageBound.Defaults
    private let wallClock: @Sendable () -> Timestamp
    private(set) var prices: PriceTable

    package init(
        desk: LedgerDesk, prices: PriceTable, defaults: UsageBound.Defaults,
        wallClock: @escaping @Sendable () -> Timestamp
    ) {
        self.desk = desk
        self.prices = prices
        self.defaults = defaults
        self.wallClock = wallClock
    }

    func take(_ prices: PriceTable) {
        if prices.version >= self.prices.version { self.prices = prices }
    }

    /// What is asked for, as far as it is known before dispatch.
    struct Demand: ~Copyable {
        var permit: Permit
        var endpoint: Endpoint
        var consumption: Consumption
        /// nil where none is named that we can read.
        var model: String?
        var client: ClientClass
        var isHeld: Bool
        /// As it will be sent on; of a body that is not held, what is known of its length.
        var bodyBytes = 0
        /// Of each choice, where the access token has a cap.
        var outputLimit: Int64?
        var isInjected = false
    }

    // MARK: Before dispatch

    /// `peek` is empty where the body is not held. An endpoint whose model or cost cannot be read was granted
    /// by name (``AccessGrant/refusal(of:legible:at:)``). Where the account has a ``Account/fittedOutput``,
    /// that is to be written into the body before it is sent.
    func open(_ demand: borrowing Demand, _ peek: borrowing BodyPeek) throws(Rejection) -> Account {
        try open(demand, peek, at: moment())
    }

    func open(
        _ demand: borrowing Demand, _ peek: borrowing BodyPeek, at now: QuotaMoment
    ) throws(Rejection) -> Account {
        let grant = demand.permit.grant
        let model = demand.model
        let isFree = demand.consumption == .free
        if let models = grant.grants.models, !isFree {
            if let model {
                guard models.contains(where: { $0.matches(model) }) else { throw .modelNotGranted(model) }
            } else if let refusal = grant.refusal(ofNoModel: demand.endpoint.kind, demand.endpoint.legible) {
                throw refusal
            }
        }
        if let refusal = grant.refusal(ofBackground: peek, to: demand.endpoint.kind, at: moment()) {
            throw refusal
        }
        let route = demand.permit.route
        let price = isFree ? nil : model.flatMap { prices.price(of: $0) } ?? route.defaultPrice
        if price == nil, !isFree, demand.endpoint.legible.contains(.cost), route.refusesUnpriced,
            grant.quotas.limitsCost(of: model)
        {
            throw .unpricedModel(model)
        }
        let bound = bound(of: demand, peek, price, outputLimit: demand.outputLimit)
        guard let slot = desk.takeSlot() else { throw .ledgerUnavailable }
        let held: Held
        do throws(LimitRefusal) {
            held = try hold(bound, for: demand, peek, price, at: now)
        } catch {
            desk.journal.clear(slot)
            throw .limited(error)
        }
        write(demand, held.bound.charge, isPriced: price != nil, held.reservation, at: now.wall, to: slot)
        let account = Account(
            consumption: demand.consumption, bound: held.bound, price: price, priceVersion: prices.version,
            terms: peek.terms, reservation: held.reservation, slot: slot,
            isInjected: demand.isInjected)
        account.fittedOutput = held.fittedOutput
        account.dispatchedAt = now.nanoseconds
        if grant.quotas.needsEstimate {
            account.outputs = Account.Outputs(means: grant.quotas.outputs, model: Self.key(of: model))
        }
        return account
    }

    func bound(
        of demand: borrowing Demand, _ peek: borrowing BodyPeek, _ price: ModelPrice?, outputLimit: Int64?
    ) -> UsageBound {
        UsageBound(
            of: demand.consumption, peek: peek, isHeld: demand.isHeld, bodyBytes: demand.bodyBytes,
            price: price, outputLimit: outputLimit, defaults: defaults)
    }

    private func write(
        _ demand: borrowing Demand, _ bound: Charge, isPriced: Bool, _ reservation: Reservation?,
        at now: Timestamp, to slot: Int
    ) {
        var accounts = AccountPeriods()
        reservation?.forEachAccount { account, start in
            let hasRoom = accounts.append(AccountPeriod(account: account, start: start))
            precondition(hasRoom, "more durable limits than LimitSet allows")
        }
        let grant = demand.permit.grant
        desk.journal.write(
            JournalEntry(
                id: desk.makeID(), admittedAt: reservation?.admittedAt ?? now, project: grant.project,
                accessToken: grant.id, lineage: grant.lineage, endpoint: demand.endpoint.kind.rawValue,
                client: demand.client, modelAsked: demand.model, reservation: bound,
                priceVersion: prices.version,
                isPriced: isPriced || demand.consumption == .free, accounts: accounts),
            to: slot)
    }

    // MARK: At settlement

    /// Returns what was charged; nil where nothing was. `nanoseconds`: of the clock that ``moment()`` reads.
    func close(
        _ account: Account, _ record: borrowing ExchangeRecord, at nanoseconds: UInt64
    ) -> ExchangeRecord.Settled? {
        guard record.wasDispatched else {
            account.reservation?.refund()
            desk.journal.clear(account.slot)
            return nil
        }
        let finding = account.finding(
            prices, isComplete: record.outcome == .completed, closedAt: nanoseconds,
            tokensPerSecond: defaults.untoldTokensPerSecond)
        let role = account.objectRole(finding)
        account.reservation?.settle(finding.charge, at: nanoseconds)
        // Reservations and estimates are no means.
        if finding.accuracy == .exact { account.outputs?.note(finding.usage) }
        var facts = JournalFacts(
            status: Int32(truncatingIfNeeded: account.status), outcome: record.outcome.name,
            usage: finding.usage, charge: finding.charge, accuracy: finding.accuracy,
            durationNanoseconds: record.durationNanoseconds,
            firstByteNanoseconds: record.firstByteNanoseconds ?? 0)
        facts.modelAnswered = account.modelAnswered
        facts.upstreamRequestID = account.requestID
        if let role, let object = account.objectID {
            facts.objectID = object
            facts.objectRole = role
        }
        facts.isPriced = account.isPriced(finding, prices)
        desk.journal.settle(account.slot, facts)
        desk.put(account.slot)
        return ExchangeRecord.Settled(
            usage: account.consumption == .free ? Usage() : finding.usage, cost: finding.charge.cost,
            accuracy: finding.accuracy)
    }

    func moment() -> QuotaMoment {
        QuotaMoment(wall: wallClock(), nanoseconds: NIODeadline.now().uptimeNanoseconds)
    }
}
