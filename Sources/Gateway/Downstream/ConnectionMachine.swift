import Domain
import NIOCore

/// One connection with a client, as a machine: events go in, and ``next()`` says what to do, one action after
/// the other, until there is nothing more to do. No socket, clock or promise is in here.
///
/// ``ClientConnection`` reports what happens on the socket, ``ProxyHandler`` and ``RouterGate`` how far the
/// response is. What they report while an action is performed is acted on after it.
///
/// ```
///           ┌────────────────────── answered, and the body is in ◀──────────────┐
///           ▼                                                                   │
///  ──▶ head ─┬─▶ (parked, until the router is there) ─▶ body ─ last byte ─▶ answering
///            │                                           │ answered early: the rest is dropped
///            └─▶ preface (HTTP/2)                        │
///                   └──────────── refusing ◀─────────────┘ malformed, or too slow
///                                    ▼
///                    closing: ending, lingering, writing, closed
/// ```
///
/// It promises: one request at a time, in the order in which they came; the next one is looked at when the
/// one before has its response and all of its body is in, so it is never read from the bytes of a body; one
/// response to each; after an error in what the client sends nothing is read any more; at most
/// ``GatewayLimits/discardedBytes`` of what no one wants; one timer; it ends closed.
struct ConnectionMachine {
    /// Which of the connections that there may be this is, and so what it may ask.
    enum Room {
        case ordinary
        /// Of the operators' own listener, whose requests are all for the router.
        case operators
        /// Beyond the ordinary ones of a listener for clients: for one request that is not of the API.
        case reserve
        /// There was none.
        case none
    }

    /// Who serves a request.
    enum Owner { case exchange, router }

    enum Action {
        // A request: its head, its body, its end
        case head(RequestHead, Owner)
        case body(ByteBuffer, Owner)
        case end(Owner)
        /// Make the router's handlers, for its first request has come: ``routerIsReady()`` follows.
        case callRouter
        /// The client has sent all it will.
        case endRouterInput
        /// Answer with an error, now: what can be read is ``refusedHead``.
        case refuse(Rejection, readsHTTP2: Bool)
        /// The body of the exchange's request is malformed, or does not come.
        case refuseBody(Rejection)
        case connection(Ending)
    }

    /// What is not said about a request but about the connection.
    enum Ending {
        /// Tell the exchange that its client is gone.
        case clientLeft
        /// Close our side after what is written, and read on for a while.
        case closeOutput
        /// Close once the kernel has all that is written: ``written()`` follows.
        case closeWhenWritten
        /// Close at once; with a reset where the client would take the end of the connection for the end of a
        /// response that was cut off.
        case close(resets: Bool)
    }

    /// How far the response is to a request whose body is still coming.
    enum Response: Equatable {
        /// The client may wait to be told that the body is wanted which it announced to the router.
        case awaited(wantsProceed: Bool)
        case begun
        /// It is out; what is left of the body is dropped.
        case ended
    }

    enum State {
        /// Between two requests, or within a head.
        case head
        /// The client has begun in HTTP/2, and what follows shows whether it reads frames.
        case preface
        /// The router's first request, until the router is there.
        indirect case parked(RequestHead)
        case body(BodyReader, Owner, Response)
        /// The request is in, its response is not out.
        case answering(Owner)
        /// What the client sent is to be refused by the next action.
        indirect case refusing(Rejection, Refusal)
        /// No request comes any more; what does come is dropped.
        case closing(Closing)
    }

    enum Refusal {
        /// By a response of its own.
        case whole(readsHTTP2: Bool)
        /// Of a body whose exchange is open.
        case body
    }

    enum Closing {
        /// The exchange was told to end, and does so at once; otherwise the connection is closed.
        case ending
        /// Our side is closed, so that the client reads the last response before it learns that no one takes
        /// the rest of its request.
        case lingering
        /// The last bytes are on their way to the kernel.
        case writing(resets: Bool, isCutOff: Bool)
        case closed
    }

    /// The client's side of the socket.
    enum Source {
        case paused
        /// More was asked of the socket, and has not come.
        case reading
        case ended
        /// ``ended``, and acted on.
        case ranOut
    }

    var state = State.head
    /// Decided, and to be performed next. A later decision replaces an earlier one.
    var ending: Ending?
    var room = Room.none
    var input = ByteBuffer()
    var source = Source.paused
    var parser: HeadParser
    var hasRouter = false
    var isWritable = true
    /// The response in flight, or the next one, is the connection's last.
    var isLast = false
    /// Of the request in flight.
    var isHTTP11 = true
    var requestCount = 0
    /// Of the request in flight.
    var bodyBytes = 0
    /// Since the request in flight began.
    var droppedBytes = 0
    var timer: ClientTimer

    init(_ limits: HeadLimits, at now: NIODeadline) {
        parser = HeadParser(limits)
        timer = ClientTimer(at: now)
    }

    // MARK: - The socket

    /// The connection is there. Without room its first and last response says so.
    mutating func opened(_ room: Room) {
        self.room = room
        if room == .none { refuse(.overloaded) }
    }

    mutating func received(_ bytes: consuming ByteBuffer) {
        if source == .reading { source = .paused }
        if input.readableBytes == 0 {
            input = bytes
        } else {
            // What was read would otherwise be kept for as long as there is always a rest.
            input.discardReadBytes()
            input.writeBuffer(&bytes)
        }
    }

    /// The client has sent all it will. What it asked of the router before that is still answered; one that
    /// waits for an exchange has left.
    mutating func inputEnded() {
        if isServingExchange { leave() } else { source = .ended }
    }

    /// The socket reports an error; the router hears of it itself.
    mutating func failed() {
        if isServingExchange || !hasRouter { leave() }
    }

    mutating func disconnected() {
        leave()
        state = .closing(.closed)
    }

    /// The kernel has all that was written before ``Ending/closeWhenWritten``, or never will.
    mutating func written() {
        if case .closing(.writing) = state { close() }
    }

    /// The server is to stop: the response in flight is the last.
    mutating func drain() {
        isLast = true
        switch state {
        case .head, .preface: closeWhenWritten()
        // A body that no one takes any more keeps no one waiting.
        case .body(_, _, .ended): closeOutput()
        case .closing(.writing(_, isCutOff: true)): close()
        case .body, .parked, .answering, .refusing, .closing: break
        }
    }

    // MARK: - The router

    mutating func routerIsReady() { hasRouter = true }

    /// The router's first request waits for it.
    var isParked: Bool { if case .parked = state { true } else { false } }

    /// The router begins to read its request's body. True where the client waits to be told so.
    mutating func bodyIsWanted() -> Bool {
        guard case .body(let reader, .router, .awaited(wantsProceed: true)) = state else { return false }
        state = .body(reader, .router, .awaited(wantsProceed: false))
        return true
    }

    /// False where the router's response comes too late: the connection has sent one itself.
    mutating func routerMayAnswer() -> Bool {
        switch state {
        case .answering(.router), .body(_, .router, .begun): return true
        case .body(let reader, .router, .awaited):
            state = .body(reader, .router, .begun)
            return true
        case .head, .preface, .parked, .body, .answering, .refusing, .closing: return false
        }
    }

    // MARK: - The response

    /// The last byte of the response is on its way. `isLast`: no request may follow it.
    mutating func answered(by owner: Owner, isLast: Bool = false) {
        if isLast { self.isLast = true }
        switch state {
        case .answering(let serving) where serving == owner: finish()
        case .body(_, let serving, .ended) where serving == owner: break
        case .body(let reader, let serving, _) where serving == owner:
            if self.isLast { closeOutput() } else { state = .body(reader, owner, .ended) }
        case .closing(.ending): closeOutput()
        case .head, .preface, .parked, .body, .answering, .refusing, .closing: break
        }
    }

    /// The exchange ends without the end of its response, if it has begun one. `resets`: the end of the
    /// connection would be taken for it.
    mutating func cut(afterWriting: Bool, resets: Bool) {
        if case .closing(.closed) = state { return }
        state = .closing(.writing(resets: resets, isCutOff: true))
        if afterWriting { ending = .closeWhenWritten } else { close() }
    }
}
