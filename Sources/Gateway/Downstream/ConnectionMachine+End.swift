import Domain

/// How a request, and how the connection, ends.
extension ConnectionMachine {
    /// The request is in and has its response: on to the next one, or away.
    mutating func finish() {
        if isLast { closeWhenWritten() } else { state = .head }
    }

    mutating func closeOutput() {
        state = .closing(.lingering)
        ending = .closeOutput
    }

    /// A client that does not take the rest is given up as any other: see ``look(at:takesUpload:_:)``.
    mutating func closeWhenWritten() {
        state = .closing(.writing(resets: false, isCutOff: false))
        ending = .closeWhenWritten
    }

    mutating func close() {
        var resets = false
        switch state {
        case .closing(.closed): return
        case .closing(.writing(let endsWithReset, _)): resets = endsWithReset
        case .head, .preface, .parked, .body, .answering, .refusing, .closing: break
        }
        state = .closing(.closed)
        ending = .close(resets: resets)
    }

    /// The client is gone. Its exchange is told before anything is closed, for it knows how a response ends.
    mutating func leave() {
        if isServingExchange {
            state = .closing(.ending)
            ending = .clientLeft
        } else if case .closing(.ending) = state {
            // It was told.
        } else {
            close()
        }
    }

    var isServingExchange: Bool {
        switch state {
        case .answering(.exchange): true
        case .body(_, .exchange, let response): response != .ended
        case .head, .preface, .parked, .answering, .refusing, .closing, .body: false
        }
    }

    /// What the client sends is wrong, or too slow. After it nothing can be told apart any more.
    mutating func refuse(_ rejection: Rejection, readsHTTP2: Bool = false) {
        switch state {
        case .head: state = .refusing(rejection, .whole(readsHTTP2: false))
        // Whatever ends the wait for the rest of the preface.
        case .preface: state = .refusing(.malformedRequest(.http2), .whole(readsHTTP2: readsHTTP2))
        case .body(_, .router, .awaited): state = .refusing(rejection, .whole(readsHTTP2: false))
        case .body(_, _, .ended), .body(_, .router, .begun): return close()
        case .body(_, .exchange, _): state = .refusing(rejection, .body)
        case .parked, .answering, .refusing, .closing: return
        }
        isLast = true
    }
}
