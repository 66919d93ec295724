import Domain

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
        let form = answer.isEncoded ? .opaque : UsageMeter.Form(contentType: answer.contentType)
        guard isInjected, form == .events else {
            meter = UsageMeter(kind, form: form)
            return false
        }
        filter = InjectedChunkFilter(kind)
        return true
    }
}
