import Domain
import NIOCore

/// What one exchange owes, from its reservation to its ledger row: made by ``Accounting`` before anything is
/// dispatched, closed by it at settlement, exactly once.
final class Account {
    let consumption: Consumption
    let bound: UsageBound
    let price: ModelPrice?
    let priceVersion: Int64
    let terms: ModelPrice.Terms
    /// nil where no limit is about it.
    let reservation: Reservation?
    let slot: Int
    /// The body was changed so that the stream tells its usage; what that adds is taken out again.
    let isInjected: Bool
    /// The upstream's, once its head is here.
    var status = 0
    var requestID: String?
    private var meter: UsageMeter?
    private var filter: InjectedChunkFilter?

    init(
        consumption: Consumption, bound: UsageBound, price: ModelPrice?, priceVersion: Int64,
        terms: ModelPrice.Terms, reservation: Reservation?, slot: Int, isInjected: Bool
    ) {
        self.consumption = consumption
        self.bound = bound
        self.price = price
        self.priceVersion = priceVersion
        self.terms = terms
        self.reservation = reservation
        self.slot = slot
        self.isInjected = isInjected
    }

    /// Once the answer's head is here. True where the answer will be shorter than the upstream's.
    func begin(_ answer: borrowing RelayedHead, to kind: EndpointKind) -> Bool {
        status = answer.status
        requestID = answer.requestID
        let form = answer.isEncoded ? .opaque : answer.form ?? .opaque
        guard isInjected, form == .events else {
            meter = UsageMeter(kind, form: form)
            return false
        }
        filter = InjectedChunkFilter(kind)
        return true
    }

    /// A piece of the answer as it passes: returns what of it the client is sent.
    func take(_ bytes: ByteBuffer) -> ByteBuffer {
        if filter != nil { return filter?.take(bytes) ?? bytes }
        bytes.withUnsafeReadableBytes { meter?.take($0) }
        return bytes
    }

    /// Behind the answer's last byte: what was held back and is sent after all.
    func finish() -> ByteBuffer { filter?.finish() ?? ByteBuffer() }

    /// Where the client has a stream of events that stands between two of them and has not told its own end: how
    /// many it had so far.
    var nextEvent: Int64? {
        filter != nil ? filter?.nextEvent : meter?.nextEvent
    }

    var modelAnswered: String? { filter != nil ? filter?.meter.model : meter?.model }
    var objectID: String? { filter != nil ? filter?.meter.objectID : meter?.objectID }

    // MARK: What it came to

    struct Finding {
        var usage = Usage()
        var charge = Charge(requests: 1, tokens: 0, cost: .zero)
        var accuracy = Accuracy.exact
        /// The charge is for an object that may be seen again, and is charged once.
        var chargesObject = false
    }

    /// In this order: an error of the upstream's is a request and no tokens; what the answer says is exact; an
    /// answer to what costs nothing costs nothing; what is only queued is charged when its end is first seen;
    /// everything else is estimated.
    func finding(_ prices: PriceTable, isComplete: Bool) -> Finding {
        let reading = (filter != nil ? filter?.meter.finish() : meter?.finish()) ?? UsageReading()
        guard status < 400 else { return Finding() }
        let isLater = reading.isOfLaterObject
        if let usage = reading.usage, consumption != .free || isLater {
            let price = price ?? modelAnswered.flatMap { prices.price(of: $0) }
            return finding(
                usage, price?.cost(of: usage, on: terms) ?? .zero, .exact, chargesObject: isLater)
        }
        if consumption == .free || (isComplete && reading.status == .inProgress) { return Finding() }
        let seen =
            status == 0
            ? nil
            : UsageEstimate.Seen(contentBytes: reading.contentBytes, pieces: reading.contentEvents)
        let estimate = UsageEstimate(within: bound, seen: seen, price: price, terms: terms)
        let isBlind = !bound.openEnds.isDisjoint(with: [.unmetered, .unread])
        return finding(
            estimate.usage, estimate.cost, isBlind && !bound.isEstimate ? .unknown : .estimated,
            chargesObject: false)
    }

    private func finding(
        _ usage: Usage, _ cost: Money, _ accuracy: Accuracy, chargesObject: Bool
    ) -> Finding {
        Finding(
            usage: usage, charge: Charge(requests: 1, tokens: usage.tokens, cost: cost), accuracy: accuracy,
            chargesObject: chargesObject)
    }
}
