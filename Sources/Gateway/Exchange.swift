import Domain

/// One request and its response, as a machine: events go in, an ``Action`` comes out. Start reading here.
///
/// ``ProxyHandler`` owns one for each request under `/v1/`, tells it what happens on both sides, and performs
/// what it says; no byte, clock, socket or lock is in here. The way of a request:
///
/// ```
///  head ─▶ Admission ─ rejected ─▶ reply ────────────────────────────────────┐
///             │ permit                                                       │
///             ├─ body held (JSON) ─▶ holding ─ last byte ─▶ attempt ┐        │
///             └─ body streamed or none ───────────────────▶ attempt ┤        │
///                                      ┌───────────────────────────▶▼        ▼
///                                      │  awaiting ─ head ─▶ relaying ─ end ─▶ ended
///                                      │     │ failure          │ failure: abort   (settled, once)
///                                      └ next attempt, or reply ┴────────────▶
/// ```
///
/// Another attempt follows a failure where there is a next target, nothing was relayed, and the body is held
/// or empty, so that it can be sent again; a permit that has closed has no next target.
///
/// A client that leaves ends it at once, but for one case: where its stream has said why its output ended,
/// the usage is about to come. The exchange then *lingers*: nothing is relayed, the transfer goes on, until
/// the upstream ends, or ``GatewayLimits/usageWait`` or ``GatewayLimits/usageBytes`` is over, or the access
/// is closed, or the server stops.
///
/// It promises: exactly one action that ends it (``Action/reply(_:)``, ``Action/finish`` or
/// ``Action/abort(_:telling:)``), after which nothing is relayed; an answer that was cut off is never ended
/// as if it were whole. What is left of the request's body after an early end is the connection's to drop.
struct Exchange {
    /// How the request's body is treated.
    enum Body { case held, streamed, none }

    private enum Stage: Equatable {
        /// The body is being collected; the upstream knows of nothing.
        case holding
        /// The transfer runs, nothing has come back.
        case awaiting
        /// The head went downstream.
        case relaying
        /// The client is gone, and the transfer goes on for the usage it is about to report.
        case lingering
        /// Settled. `true` where the connection is to be closed when the response is out.
        case ended(closing: Bool)
    }

    enum Action: Equatable {
        case none
        // The request's body
        case hold, upload, finishUpload
        /// Begin an attempt: the first, or the next one after a failure.
        case attempt(after: UpstreamFailure?)
        // The response
        case relayHead, relayBody
        /// Close the client's connection; what the transfer still receives is metered and not relayed.
        case linger
        case meterBody
        /// End the response: it is complete.
        case finish
        /// Answer with an error of our own, whole. Cancels the transfer.
        case reply(Reply)
        /// Close the connection, so that no one takes what was sent for a whole. Cancels the transfer. Where
        /// the client reads a stream of events that stands between two of them, it is told why in a last one;
        /// nil where there is no client any more.
        case abort(Outcome, telling: Reply?)
    }

    enum Reply: Equatable {
        case rejection(Rejection)
        case failure(UpstreamFailure)
    }

    private let body: Body
    private let limit: Int
    private var stage: Stage
    private var received = 0
    /// Bytes of the response that came after the client had gone.
    private var lingered = 0
    private(set) var isRequestComplete = false

    /// After admission: holds the body, or else the first attempt begins at once. `limit` in bytes.
    init(body: Body, limit: Int) {
        self.body = body
        self.limit = limit
        stage = body == .held ? .holding : .awaiting
    }

    /// A request that was refused at its head.
    init(rejected rejection: Rejection) {
        body = .streamed
        limit = 0
        stage = .ended(closing: rejection.closesConnection)
    }

    /// A request that we have answered ourselves, with something else than an error.
    static func answered() -> Exchange {
        var exchange = Exchange(body: .streamed, limit: 0)
        exchange.stage = .ended(closing: false)
        return exchange
    }

    var isEnded: Bool {
        if case .ended = stage { return true }
        return false
    }

    /// The client is gone, and its usage is waited for.
    var isLingering: Bool { stage == .lingering }

    /// As many bytes have come for the sake of the usage as may.
    var hasLingeredEnough: Bool { isLingering && lingered >= GatewayLimits.usageBytes }

    /// The connection is to be closed when the response is out.
    var isClosing: Bool { stage == .ended(closing: true) }

    // MARK: From the client

    mutating func requestBody(_ count: Int) -> Action {
        received += count
        switch stage {
        case .ended, .lingering: return .none
        case .holding, .awaiting, .relaying:
            guard received <= limit else {
                return end(
                    .rejection(.bodyTooLarge(limit: limit)), failing: .rejected(.bodyTooLarge(limit: limit)))
            }
            return body == .held ? .hold : .upload
        }
    }

    mutating func requestEnd() -> Action {
        isRequestComplete = true
        switch stage {
        case .holding:
            stage = .awaiting
            return .attempt(after: nil)
        case .awaiting, .relaying: return .finishUpload
        case .ended, .lingering: return .none
        }
    }

    /// Nothing was dispatched yet, and nothing shall be: the held body broke a rule, or there is no room for
    /// it.
    mutating func refuse(_ rejection: Rejection) -> Action {
        end(.rejection(rejection), failing: .rejected(rejection))
    }

    /// The client's connection is gone, or its request turned out to be malformed behind the head.
    /// `usageIsNear`: the response has said why its output ended, so all it can still have is its usage.
    mutating func clientGone(usageIsNear: Bool) -> Action {
        guard !isEnded, !isLingering else { return .none }
        if usageIsNear, isRequestComplete, stage == .relaying {
            stage = .lingering
            return .linger
        }
        return endUntold()
    }

    /// The usage was waited for long enough, or for as many bytes as may be.
    mutating func lingeringEnds() -> Action { isLingering ? endUntold() : .none }

    /// The end of an exchange whose client has gone.
    private mutating func endUntold() -> Action {
        stage = .ended(closing: true)
        return .abort(.clientGone, telling: nil)
    }

    // MARK: From the control plane

    /// The permit is not open any more.
    mutating func accessClosed(_ rejection: Rejection) -> Action {
        guard !isEnded else { return .none }
        return end(.rejection(rejection), failing: .revoked)
    }

    /// The server waits no longer.
    mutating func serverStops() -> Action {
        end(.failure(.cancelled), failing: .failed(.cancelled))
    }

    // MARK: From the upstream

    /// `hasNext`: there is a target that was not tried, and the permit is open.
    mutating func upstreamHead(_ status: Int, hasNext: Bool = false) -> Action {
        guard stage == .awaiting else { return .none }
        guard status != 401 else { return fail(.credentialRejected, hasNext) }
        stage = .relaying
        return .relayHead
    }

    mutating func upstreamBody(_ count: Int) -> Action {
        if stage == .relaying { return .relayBody }
        guard isLingering else { return .none }
        lingered += count
        return .meterBody
    }

    /// `hasNext` as of ``upstreamHead(_:hasNext:)``.
    mutating func upstreamEnd(_ failure: UpstreamFailure?, hasNext: Bool = false) -> Action {
        guard !isEnded else { return .none }
        guard !isLingering else { return endUntold() }
        guard let failure else {
            stage = .ended(closing: false)
            return .finish
        }
        return fail(failure, hasNext)
    }

    private mutating func fail(_ failure: UpstreamFailure, _ hasNext: Bool) -> Action {
        guard hasNext, failure.mayBeTriedElsewhere, stage == .awaiting, isRepeatable else {
            return end(.failure(failure), failing: .failed(failure))
        }
        return .attempt(after: failure)
    }

    /// The body can be sent once more.
    private var isRepeatable: Bool {
        switch body {
        case .held: true
        case .none: received == 0
        case .streamed: false
        }
    }

    /// With a reply while nothing was sent, else by cutting what was.
    private mutating func end(_ reply: Reply, failing outcome: Outcome) -> Action {
        guard !isEnded else { return .none }
        guard !isLingering else { return endUntold() }
        guard stage != .relaying else {
            stage = .ended(closing: true)
            return .abort(outcome, telling: reply)
        }
        stage = .ended(closing: reply.closesConnection)
        return .reply(reply)
    }
}

extension Exchange.Reply {
    var outcome: Outcome {
        switch self {
        case .rejection(let rejection): .rejected(rejection)
        case .failure(let failure): .failed(failure)
        }
    }

    var apiError: APIError {
        switch self {
        case .rejection(let rejection): rejection.apiError
        case .failure(let failure): failure.apiError
        }
    }

    var closesConnection: Bool {
        switch self {
        case .rejection(let rejection): rejection.closesConnection
        case .failure: false
        }
    }

    /// For `x-latchkey-error`.
    var reason: String {
        switch self {
        case .rejection(let rejection): rejection.reason
        case .failure(let failure): failure.reason
        }
    }
}
