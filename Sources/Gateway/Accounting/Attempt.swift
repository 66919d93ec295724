import Domain
import NIOCore
import Upstream

/// One transfer to one target: one journal slot, one ledger row. It is made by ``Accounting`` before anything
/// is dispatched, and closed by it exactly once: where the next attempt is opened, or when the exchange is
/// settled.
final class Attempt {
    let target: Target
    /// From 1 up, among those of its exchange.
    let number: Int32
    /// What the exchange as a whole is charged once: 1, or 0 where an attempt before this one was charged it.
    let requests: Int64
    let consumption: Consumption
    /// At this target; what is reserved may be more, for those that may follow it.
    let bound: UsageBound
    let price: ModelPrice?
    let terms: ModelPrice.Terms
    /// Of this attempt and those that may follow it; nil where no limit is about it.
    let reservation: Reservation?
    let slot: Int
    /// By the clock of ``Accounting/moment()``.
    let openedAt: UInt64
    /// From dispatch on.
    var transfer: (any Transfer)?
    /// The body was changed so that the stream tells its usage; what that adds is taken out again.
    var isInjected = false
    /// The maximum of each choice that was written into the body, because nothing larger was left; zero where
    /// none was.
    let fittedOutput: Int64
    /// By the same clock; not later than it was.
    var dispatchedAt: UInt64
    /// Where rates need to know what requests come to.
    var outputs: Outputs?
    /// The upstream's, once its head is here.
    var status = 0
    var requestID: String?
    private var meter: UsageMeter?
    /// With the same meter, where the answer will be shorter than the upstream's.
    private var filter: InjectedChunkFilter?

    /// By what it is charged.
    struct Pricing {
        let bound: UsageBound
        let price: ModelPrice?
        let terms: ModelPrice.Terms
    }

    init(
        _ turn: consuming Turn, _ consumption: Consumption,
        _ passed: borrowing AccessDecision.Passed<Reservation?>, _ pricing: Pricing, slot: Int, at now: UInt64
    ) {
        target = turn.target
        number = turn.number
        requests = turn.requests
        self.consumption = consumption
        bound = pricing.bound
        fittedOutput = passed.fittedOutput
        reservation = passed.taken
        price = pricing.price
        terms = pricing.terms
        self.slot = slot
        openedAt = now
        dispatchedAt = now
    }

    /// As rows and lines name it.
    var name: AttemptTarget {
        var name = target.name
        name.number = number
        return name
    }

    /// Once the answer's head is here. True where the answer will be shorter than the upstream's.
    func begin(_ answer: borrowing RelayedHead, to kind: EndpointKind) -> Bool {
        status = answer.status
        requestID = answer.requestID
        let form = UsageMeter.Form(answer, of: kind)
        // Whatever the label: what succeeds is a stream that was asked for its usage, unless its bytes say
        // otherwise.
        guard isInjected, form != .opaque, form == .events || (200..<300).contains(status) else {
            meter = UsageMeter(kind, form: form)
            return false
        }
        filter = InjectedChunkFilter(kind, form: form)
        meter = filter?.meter
        return true
    }

    /// The stream said why its output ended: what may still come is its usage.
    var hasFinishReason: Bool { meter?.hasFinishReason ?? false }

    /// A piece of the answer as it passes: returns what of it the client is sent.
    func take(_ bytes: ByteBuffer) -> ByteBuffer {
        if filter != nil { return filter?.take(bytes) ?? bytes }
        bytes.withUnsafeReadableBytes { meter?.take($0) }
        return bytes
    }

    /// Behind the answer's last byte: what was held back and is sent after all.
    func finish() -> ByteBuffer { filter?.finish() ?? ByteBuffer() }

    /// Where the client has a stream of events that stands between two of them and has not told its own end:
    /// how many it had so far.
    var nextEvent: Int64? {
        filter != nil ? filter?.nextEvent : meter?.nextEvent
    }

    var modelAnswered: String? { meter?.model }
    var objectID: String? { meter?.objectID }
    var threadID: String? { meter?.threadID }
    /// Once the answer was read to its end; nil where it names none.
    var tierServed: ServiceTier? { meter?.reading.tier }

    // MARK: What it came to

    struct Finding {
        var usage = Usage()
        var charge: Charge
        var accuracy = Accuracy.exact
        /// False where something was used and no price is known for it.
        var isPriced = true
        /// The usage is that of an object that may be seen again, and is charged once, to the request that
        /// began it.
        var endsObject = false
        /// The charge is the reservation, until the end of the object is known.
        var begins: ObjectTerms?
    }

    /// The running mean of the output of such requests.
    struct Outputs {
        let means: OutputMeans
        let model: Int

        func note(_ usage: Usage) {
            if usage != Usage() { means.note(usage.completion, of: model) }
        }
    }

    /// In this order: an error of the upstream's is a request and no tokens; work that goes on after its
    /// request stands at its reservation; what the answer says is charged, but to a request that only reads;
    /// an answer to what costs nothing costs nothing; everything else is estimated, by what was seen and by
    /// the time that it took.
    func finding(
        _ prices: PriceTable, isComplete: Bool, closedAt: UInt64, tokensPerSecond: Int64
    ) -> Finding {
        let reading = meter?.finish(isComplete: isComplete) ?? UsageReading()
        guard status < 400 else { return Finding(charge: charge()) }
        if goesOn(reading, isComplete: isComplete) { return findingOfWork() }
        let isLater = reading.isOfLaterObject
        // Images of a tool are priced apart, and not told apart in a row: for their end Latchkey asks itself.
        let reports = isLater && objectID != nil && reading.toolImages == nil
        if consumption != .free || reports, let finding = told(reading, prices, endsObject: isLater) {
            return finding
        }
        if consumption == .free { return Finding(charge: charge()) }
        let seen =
            status == 0 || !reading.isReadable
            ? nil
            : UsageEstimate.Seen(
                contentBytes: reading.contentBytes,
                pieces: max(reading.contentEvents, reading.completionSoFar))
        let time = Int64(clamping: closedAt) - Int64(clamping: dispatchedAt)
        let estimate = UsageEstimate(
            within: bound, seen: seen, nanoseconds: hidesOutput(reading, isComplete) ? .max : time,
            tokensPerSecond: tokensPerSecond, price: price, terms: terms)
        let isBlind = !bound.openEnds.isDisjoint(with: [.unmetered, .unread])
        return Finding(
            usage: estimate.usage,
            charge: charge(estimate.usage, estimate.cost),
            accuracy: isBlind && !bound.isEstimate ? .unknown : .estimated,
            isPriced: price != nil || estimate.usage.isNothing)
    }

    private func charge(_ usage: Usage = Usage(), _ cost: Money = .zero) -> Charge {
        Charge(requests: requests, tokens: usage.tokens, cost: cost)
    }

    /// What is charged where nothing tells less.
    var most: Charge { bound.charge(requests: requests) }

    /// A whole answer with neither usage nor output: what it stands for goes on elsewhere, for as long as
    /// that takes.
    private func hidesOutput(_ reading: UsageReading, _ isComplete: Bool) -> Bool {
        isComplete && isOfText && reading.isReadable && reading.contentBytes == 0
            && reading.contentEvents == 0
    }

    private var isOfText: Bool {
        consumption == .chat || consumption == .completion || consumption == .response
    }

    private func told(_ reading: UsageReading, _ prices: PriceTable, endsObject: Bool) -> Finding? {
        let price = price ?? modelAnswered.flatMap { prices.price(of: $0) }
        guard
            let told = ToldUsage(
                reading, price: price, asked: terms, prices: prices,
                promptSeen: isOfText ? (bound.prompt + 3) / 4 : 0)
        else { return nil }
        var finding = Finding(
            usage: told.usage, charge: charge(), accuracy: told.accuracy, endsObject: endsObject)
        // What is read was used, and is charged and priced, elsewhere.
        guard consumption != .free else { return finding }
        finding.charge = charge(told.usage, told.cost)
        finding.isPriced = price != nil || told.usage.isNothing
        return finding
    }
}
