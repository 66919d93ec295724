import Domain
import NIOCore
import Telemetry

/// A body that is held until it is whole, because a rule or a limit depends on what it says.
extension ProxyHandler {
    /// Also where there may be none: nothing is sent on before that is sure.
    func holdsBody(_ current: OpenExchange, _ head: borrowing RequestHead) -> Bool {
        current.isJSON || (head.content == .form && isBillable(current))
            || current.admitted?.endpoint.method != .post
    }

    func hold(_ bytes: ByteBuffer) {
        guard let current else { return }
        if let endpoint = current.admitted?.endpoint, endpoint.method != .post {
            return perform(current.machine.refuse(.malformedRequest(endpoint.bodyFault)))
        }
        let missing = current.held.readableBytes + bytes.readableBytes - current.reserved
        if missing > 0 {
            guard worker.capacity.holdBody(missing) else {
                return perform(current.machine.refuse(.overloaded))
            }
            current.reserved += missing
            let beyond = current.reserved - GatewayLimits.unsharedBody - current.sharedBytes
            if beyond > 0 {
                let share = worker.limits.heldBodiesPerToken
                guard current.admitted?.permit.grant.use.holdBody(beyond, atMost: share) == true else {
                    return perform(current.machine.refuse(.overloaded))
                }
                current.sharedBytes += beyond
            }
        }
        if current.held.readableBytes == 0 {
            current.held = bytes
        } else {
            current.held.writeImmutableBuffer(bytes)
        }
    }

    func letGoOfBody(_ current: OpenExchange) {
        guard current.reserved > 0 else { return }
        current.held = ByteBuffer()
        if current.sharedBytes > 0 { current.admitted?.permit.grant.use.releaseBody(current.sharedBytes) }
        current.sharedBytes = 0
        worker.capacity.releaseBody(current.reserved)
        current.reserved = 0
    }

    func dispatchHeld() {
        guard let current, var head = current.head.take() else { return }
        do throws(Rejection) {
            guard current.admitted?.endpoint.method == .post else {
                head.framing = .none
                try openAttempt(current, head, isHeldJSON: false, BodyPeek())
                return dispatch(current, head)
            }
            guard current.isJSON else {
                let peek = try peekForm(current.held, head)
                current.record.model = peek.model
                try openAttempt(current, head, isHeldJSON: false, peek)
                return dispatch(current, head)
            }
            let peek = try current.held.withUnsafeReadableBytes { bytes throws(Rejection) in
                try BodyPeek.peek(bytes, measuresInput: current.admitted?.consumption == .speech)
            }
            current.record.model = peek.model
            try openAttempt(current, head, isHeldJSON: true, peek)
        } catch {
            return perform(current.machine.refuse(error))
        }
        dispatch(current, head)
    }

    /// Its use is charged, so its body is read for its model whether or not some limit depends on it: the row
    /// of a request is the same for every access token.
    private func isBillable(_ current: OpenExchange) -> Bool {
        current.admitted.map { $0.consumption != .free } ?? false
    }

    private func peekForm(
        _ body: ByteBuffer, _ head: borrowing RequestHead
    ) throws(Rejection) -> BodyPeek {
        try head.withValue(of: .contentType) { type throws(Rejection) in
            try body.withUnsafeReadableBytes { bytes throws(Rejection) in
                guard let type else { throw .malformedForm(.boundary) }
                return try MultipartPeek.peek(bytes, contentType: type)
            }
        }
    }

}
