import Domain
import NIOCore

/// What to do next: the requests out of the bytes that came, and how the connection ends.
extension ConnectionMachine {
    /// nil until something happens.
    mutating func next() -> Action? {
        while true {
            if let ending {
                self.ending = nil
                return .connection(ending)
            }
            do throws(Rejection) {
                switch state {
                case .head:
                    guard let head = try parser.next(from: &input) else { return inputRanOut() }
                    parser = HeadParser(parser.limits)
                    if let action = try begin(head) { return action }
                case .body(var reader, let owner, let response):
                    let part = try reader.next(from: &input)
                    state = .body(reader, owner, response)
                    guard let part else { return inputRanOut() }
                    if let action = take(part, owner, response) { return action }
                case .parked(let head) where hasRouter: return route(head)
                case .parked, .answering: return inputRanOut()
                case .preface:
                    guard let readsFrames = HTTP2Refusal.readsFrames(input) else { return inputRanOut() }
                    refuse(.malformedRequest(.http2), readsHTTP2: readsFrames)
                case .refusing(let rejection, .whole(let readsHTTP2)):
                    state = .closing(.ending)
                    return .refuse(rejection, readsHTTP2: readsHTTP2)
                case .refusing(let rejection, .body):
                    state = .closing(.ending)
                    return .refuseBody(rejection)
                case .closing(.ending): close()
                case .closing:
                    drop(input.readableBytes)
                    input = ByteBuffer()
                    if ending == nil { return inputRanOut() }
                }
            } catch {
                if case .head = state, error == .malformedRequest(.http2) {
                    state = .preface
                } else {
                    refuse(error)
                }
            }
        }
    }

    /// What can be read of a head that is refused.
    var refusedHead: RequestHead {
        var head = parser.head(readFrom: input)
        // Web pages of other origins may call the API alone.
        if room == .operators || !head.isForProxy { head.fields = [] }
        return head
    }

    /// nil where the state says what to do.
    private mutating func begin(_ head: consuming RequestHead) throws(Rejection) -> Action? {
        requestCount += 1
        bodyBytes = 0
        droppedBytes = 0
        isLast = isLast || !head.keepsAlive || room == .reserve
        isHTTP11 = head.isHTTP11
        guard room != .operators, head.isForProxy else {
            try PathPolicy.checkForm(of: head)
            state = .parked(head)
            return hasRouter ? nil : .callRouter
        }
        guard room != .reserve else { throw .overloaded }
        // Its client has left already.
        if case .ended = source {
            close()
            return nil
        }
        state = .body(BodyReader(head.framing), .exchange, .awaited(wantsProceed: false))
        return .head(head, .exchange)
    }

    private mutating func route(_ head: consuming RequestHead) -> Action {
        let wantsProceed = head.expectsContinue && head.hasBody
        state = .body(BodyReader(head.framing), .router, .awaited(wantsProceed: wantsProceed))
        return .head(head, .router)
    }

    /// nil where no one wants it.
    private mutating func take(_ part: BodyReader.Piece, _ owner: Owner, _ response: Response) -> Action? {
        switch part {
        case .bytes(let bytes):
            bodyBytes += bytes.readableBytes
            guard response == .ended else { return .body(bytes, owner) }
            drop(bytes.readableBytes)
            return nil
        case .end:
            state = .answering(owner)
            if response == .ended { finish() }
            return .end(owner)
        }
    }

    private mutating func drop(_ count: Int) {
        droppedBytes += count
        guard droppedBytes > GatewayLimits.discardedBytes else { return }
        if case .closing = state { return close() }
        droppedBytes = 0
        closeWhenWritten()
    }

    /// All that has come was looked at. If it is all that comes there is nothing more to wait for, but a
    /// response.
    private mutating func inputRanOut() -> Action? {
        // A buffer is not kept for the sake of bytes that are read.
        if input.readableBytes == 0 { input = ByteBuffer() }
        guard case .ended = source else { return nil }
        switch state {
        case .parked, .answering, .refusing, .closing(.closed): return nil
        case .preface: refuse(.malformedRequest(.http2))
        case .head, .body, .closing:
            source = .ranOut
            if hasRouter { return .endRouterInput }
            close()
        }
        return next()
    }
}
