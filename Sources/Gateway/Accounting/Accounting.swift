package import Domain
import NIOCore
import Telemetry

/// What happens to a request between admission and dispatch, and at its end: what ``AccessDecision`` says of
/// its body and its limits, and what it came to. One per event loop, confined to it.
///
/// ``open(_:_:from:body:)`` reserves the bound and writes the exchange into the journal, or refuses; nothing
/// is dispatched without it. ``close(_:_:at:)`` charges what was used and hands the exchange to the ledger.
/// What was not dispatched costs nothing and leaves no row.
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

    // MARK: Before dispatch

    /// `peek` is empty where the body is not read as JSON. A held `body` is changed as the cap on output, the
    /// limits and the question for usage need it; nothing of it is touched where the request is refused.
    func open(
        _ demand: consuming AccessDemand, _ peek: borrowing BodyPeek, from client: ClientClass,
        body: inout ByteBuffer
    ) throws(Rejection) -> Account {
        try open(demand, peek, from: client, body: &body, at: moment())
    }

    func open(
        _ demand: consuming AccessDemand, _ peek: borrowing BodyPeek, from client: ClientClass,
        body: inout ByteBuffer, at now: QuotaMoment
    ) throws(Rejection) -> Account {
        let terms = try AccessDecision.judgeBody(demand, peek, prices: prices, AccessDecision.stop)
        guard demand.isHeld else {
            return try reserve(demand, peek, on: terms, demand.holder.grant.quotas, from: client, at: now)
        }
        var rewrite = try BodyRewrite(of: body, peek, by: terms.output, for: demand)
        demand.bodyBytes = body.readableBytes + rewrite.growth
        let account = try reserve(
            demand, peek, on: terms, demand.holder.grant.quotas, from: client, at: now)
        account.isInjected = rewrite.isInjected
        if account.fittedOutput > 0 {
            rewrite.name(
                maximum: account.fittedOutput, in: body, peek, for: demand.endpoint.consumption)
        }
        rewrite.apply(to: &body)
        return account
    }

    /// `quotas`: the demand's, handed in so that what all event loops share is not retained.
    private func reserve(
        _ demand: borrowing AccessDemand, _ peek: borrowing BodyPeek, on terms: AccessDecision.Terms,
        _ quotas: LineageQuotas, from client: ClientClass, at now: QuotaMoment
    ) throws(Rejection) -> Account {
        let model = demand.model
        guard let slot = desk.takeSlot() else { throw .ledgerUnavailable }
        let passed: AccessDecision.Passed<Reservation?>
        do throws(LimitRefusal) {
            passed = try AccessDecision.judgeLimits(demand, peek, terms, defaults: defaults, at: now) {
                bound, advance throws(LimitRefusal) in
                try quotas.reserve(bound.charge, advance: advance, model: model, at: now)
            }
        } catch {
            desk.journal.clear(slot)
            throw .limited(error)
        }
        write(demand, passed, isPriced: terms.price != nil, from: client, at: now.wall, to: slot)
        let account = Account(
            consumption: demand.endpoint.consumption, bound: passed.bound, price: terms.price,
            priceVersion: prices.version, terms: peek.terms, reservation: passed.taken, slot: slot)
        account.fittedOutput = passed.fittedOutput
        account.dispatchedAt = now.nanoseconds
        if quotas.needsEstimate {
            account.outputs = Account.Outputs(means: quotas.outputs, model: OutputMeans.key(of: model))
        }
        return account
    }

    private func write(
        _ demand: borrowing AccessDemand, _ passed: AccessDecision.Passed<Reservation?>, isPriced: Bool,
        from client: ClientClass, at now: Timestamp, to slot: Int
    ) {
        let reservation = passed.taken
        var accounts = AccountPeriods()
        reservation?.forEachAccount { account, start in
            let hasRoom = accounts.append(AccountPeriod(account: account, start: start))
            precondition(hasRoom, "more durable limits than LimitSet allows")
        }
        let (grant, endpoint) = (demand.holder.grant, demand.endpoint)
        desk.journal.write(
            JournalEntry(
                id: desk.makeID(), admittedAt: reservation?.admittedAt ?? now, project: grant.project,
                accessToken: grant.id, lineage: grant.lineage, endpoint: endpoint.kind.rawValue,
                client: client, modelAsked: demand.model, reservation: passed.bound.charge,
                priceVersion: prices.version,
                isPriced: isPriced || endpoint.consumption == .free, accounts: accounts),
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
        facts.isPriced = finding.isPriced
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
