package import Domain
import NIOCore
import Telemetry

/// What happens to a request between admission and dispatch, and at its end: what ``AccessDecision`` says of
/// its body and its limits, and what it came to. One per event loop, confined to it.
///
/// ``open(_:_:_:body:)`` reserves the bound and writes the attempt into the journal, or refuses; nothing
/// is dispatched without it. ``close(_:_:at:)`` charges what was used and hands the attempt to the ledger.
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
        _ demand: consuming AccessDemand, _ peek: borrowing BodyPeek, _ turn: consuming Turn,
        body: inout ByteBuffer
    ) throws(Rejection) -> Attempt {
        try open(demand, peek, turn, body: &body, at: moment())
    }

    func open(
        _ demand: consuming AccessDemand, _ peek: borrowing BodyPeek, _ turn: consuming Turn,
        body: inout ByteBuffer, at now: QuotaMoment
    ) throws(Rejection) -> Attempt {
        let terms = try AccessDecision.judgeBody(demand, peek, prices: prices, AccessDecision.stop)
        guard demand.isHeld else {
            return try reserve(demand, peek, on: terms, demand.holder.grant.quotas, turn, at: now)
        }
        var rewrite = try BodyRewrite(of: body, peek, by: terms.output, for: demand)
        demand.bodyBytes = body.readableBytes + rewrite.growth
        let attempt = try reserve(demand, peek, on: terms, demand.holder.grant.quotas, turn, at: now)
        attempt.isInjected = rewrite.isInjected
        if attempt.fittedOutput > 0 {
            rewrite.name(
                maximum: attempt.fittedOutput, in: body, peek, for: demand.endpoint.consumption)
        }
        rewrite.apply(to: &body)
        return attempt
    }

    /// `quotas`: the demand's, handed in so that what all event loops share is not retained.
    private func reserve(
        _ demand: borrowing AccessDemand, _ peek: borrowing BodyPeek, on terms: AccessDecision.Terms,
        _ quotas: LineageQuotas, _ turn: consuming Turn, at now: QuotaMoment
    ) throws(Rejection) -> Attempt {
        let model = demand.model
        guard let slot = desk.takeSlot() else { throw .ledgerUnavailable }
        let passed: AccessDecision.Passed<Reservation?>
        let (requests, last, client) = (turn.requests, turn.last, turn.client)
        do throws(LimitRefusal) {
            passed = try AccessDecision.judgeLimits(demand, peek, terms, defaults: defaults, at: now) {
                bound, advance throws(LimitRefusal) in
                var advance = advance
                advance?.requests = requests
                return try quotas.reserve(
                    bound.charge(requests: requests), advance: advance, model: model, at: now, settling: last)
            }
        } catch {
            desk.journal.clear(slot)
            throw .limited(error)
        }
        let own =
            terms.laterPrices.isEmpty
            ? passed.bound
            : demand.bound(
                peek, terms.price,
                outputLimit: passed.fittedOutput > 0 ? passed.fittedOutput : terms.output.limit, defaults)
        let attempt = Attempt(
            turn, demand.endpoint.consumption, passed,
            Attempt.Pricing(bound: own, price: terms.price, terms: peek.terms), slot: slot,
            at: now.nanoseconds)
        write(
            demand, attempt, reservation: passed.bound.charge(requests: requests),
            isPriced: terms.price != nil, from: client, at: now.wall)
        if quotas.needsEstimate {
            attempt.outputs = Attempt.Outputs(means: quotas.outputs, model: OutputMeans.key(of: model))
        }
        return attempt
    }

    private func write(
        _ demand: borrowing AccessDemand, _ attempt: Attempt, reservation: Charge, isPriced: Bool,
        from client: ClientClass, at now: Timestamp
    ) {
        var accounts = AccountPeriods()
        attempt.reservation?.forEachAccount { account, start in
            let hasRoom = accounts.append(AccountPeriod(account: account, start: start))
            precondition(hasRoom, "more durable limits than LimitSet allows")
        }
        let (grant, endpoint) = (demand.holder.grant, demand.endpoint)
        desk.journal.write(
            JournalEntry(
                id: desk.makeID(), admittedAt: attempt.reservation?.admittedAt ?? now,
                project: grant.project, accessToken: grant.id, lineage: grant.lineage,
                endpoint: endpoint.kind.rawValue, client: client, modelAsked: demand.model,
                reservation: reservation, priceVersion: prices.version,
                isPriced: isPriced || endpoint.consumption == .free, accounts: accounts,
                target: attempt.name),
            to: attempt.slot)
    }

    // MARK: At settlement

    /// Returns what was charged; nil where nothing was. `record`: of the exchange as far as this attempt.
    /// `nanoseconds`: of the clock that ``moment()`` reads.
    func close(
        _ attempt: Attempt, _ record: borrowing ExchangeRecord, at nanoseconds: UInt64
    ) -> ExchangeRecord.Settled? {
        guard record.wasDispatched else {
            attempt.reservation?.refund()
            desk.journal.clear(attempt.slot)
            return nil
        }
        let finding = finding(attempt, record, at: nanoseconds)
        attempt.reservation?.settle(finding.charge, at: nanoseconds)
        return put(attempt, finding, record, at: nanoseconds)
    }

    /// The same where another attempt is to follow: what this one holds of the limits is still to be settled.
    func closeBeforeNext(
        _ attempt: Attempt, _ record: borrowing ExchangeRecord, at nanoseconds: UInt64
    ) -> (settling: Settling?, settled: ExchangeRecord.Settled?) {
        guard record.wasDispatched else {
            desk.journal.clear(attempt.slot)
            return (attempt.reservation.map { Settling($0, as: .none) }, nil)
        }
        let finding = finding(attempt, record, at: nanoseconds)
        return (
            attempt.reservation.map { Settling($0, as: finding.charge) },
            put(attempt, finding, record, at: nanoseconds)
        )
    }

    private func finding(
        _ attempt: Attempt, _ record: borrowing ExchangeRecord, at nanoseconds: UInt64
    ) -> Attempt.Finding {
        attempt.finding(
            prices, isComplete: record.outcome == .completed, closedAt: nanoseconds,
            tokensPerSecond: defaults.untoldTokensPerSecond)
    }

    private func put(
        _ attempt: Attempt, _ finding: Attempt.Finding, _ record: borrowing ExchangeRecord,
        at nanoseconds: UInt64
    ) -> ExchangeRecord.Settled {
        let role = attempt.objectRole(finding)
        // Reservations and estimates are no means.
        if finding.accuracy == .exact { attempt.outputs?.note(finding.usage) }
        // The first attempt's time begins with the request's.
        let before =
            attempt.number == 1
            ? 0 : record.durationNanoseconds - Int64(truncatingIfNeeded: nanoseconds &- attempt.openedAt)
        var facts = JournalFacts(
            status: Int32(truncatingIfNeeded: attempt.status), outcome: record.outcome.name,
            usage: finding.usage, charge: finding.charge, accuracy: finding.accuracy,
            durationNanoseconds: record.durationNanoseconds - before,
            firstByteNanoseconds: record.firstByteNanoseconds.map { max(0, $0 - before) } ?? 0)
        facts.modelAnswered = attempt.modelAnswered
        facts.upstreamRequestID = attempt.requestID
        if let role, let object = attempt.objectID {
            facts.objectID = object
            facts.objectRole = role
        }
        facts.isPriced = finding.isPriced
        desk.journal.settle(attempt.slot, facts)
        desk.put(attempt.slot)
        return ExchangeRecord.Settled(
            usage: attempt.consumption == .free ? Usage() : finding.usage, cost: finding.charge.cost,
            accuracy: finding.accuracy)
    }

    func moment() -> QuotaMoment {
        QuotaMoment(wall: wallClock(), nanoseconds: NIODeadline.now().uptimeNanoseconds)
    }
}
