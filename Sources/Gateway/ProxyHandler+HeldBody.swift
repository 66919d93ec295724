import Domain
import NIOCore
import Telemetry

/// A body that is held until it is whole, because a rule or a limit depends on what it says.
extension ProxyHandler {
    func hold(_ bytes: ByteBuffer) {
        guard let current else { return }
        let missing = current.held.readableBytes + bytes.readableBytes - current.reserved
        if missing > 0 {
            guard worker.capacity.holdBody(missing) else {
                return perform(current.machine.refuse(.overloaded))
            }
            current.reserved += missing
        }
        if current.held.readableBytes == 0 {
            current.held = bytes
        } else {
            current.held.writeImmutableBuffer(bytes)
        }
    }

    func letGoOfBody(_ current: OpenExchange) {
        current.held = ByteBuffer()
        worker.capacity.releaseBody(current.reserved)
        current.reserved = 0
    }

    func dispatchHeld() {
        guard let current, let head = current.head.take() else { return }
        do throws(Rejection) {
            guard current.isJSON else {
                current.record.model = try modelOfForm(current.held, head)
                try openAccount(current, head, isHeldJSON: false, BodyPeek())
                return dispatch(current, head)
            }
            let peek = try current.held.withUnsafeReadableBytes { bytes throws(Rejection) in
                try BodyPeek.peek(bytes)
            }
            current.record.model = peek.model
            try openAccount(current, head, isHeldJSON: true, peek)
        } catch {
            return perform(current.machine.refuse(error))
        }
        dispatch(current, head)
    }

    /// Some rule or limit depends on the body of an endpoint that knows JSON alone: an upstream may read it
    /// without looking at what the client calls it.
    func isReadAsJSON(_ current: OpenExchange) -> Bool {
        guard let admitted = current.admitted, admitted.consumption.takesJSON else { return false }
        let grant = admitted.permit.grant
        return grant.quotas.hasLimits || grant.grants.models != nil || grant.grants.outputCap != nil
    }

    /// Some rule or limit depends on the model, which may stand behind the files of a form.
    func needsModel(_ current: OpenExchange) -> Bool {
        guard let admitted = current.admitted, admitted.consumption != .free else { return false }
        let grant = admitted.permit.grant
        return grant.grants.models != nil || grant.quotas.needsModel
    }

    private func modelOfForm(
        _ body: ByteBuffer, _ head: borrowing RequestHead
    ) throws(Rejection) -> String? {
        try head.withValue(of: .contentType) { type throws(Rejection) in
            try body.withUnsafeReadableBytes { bytes throws(Rejection) in
                guard let type else { throw .malformedForm(.boundary) }
                return try MultipartPeek.model(in: bytes, contentType: type)
            }
        }
    }

    /// Nothing is dispatched without an account. `peek` is empty where the body is no JSON, or not held.
    func openAccount(
        _ current: OpenExchange, _ head: borrowing RequestHead, isHeldJSON: Bool, _ peek: borrowing BodyPeek
    ) throws(Rejection) {
        guard let admitted = current.admitted else { return }
        var demand = Accounting.Demand(
            permit: admitted.permit, endpoint: admitted.endpoint, consumption: admitted.consumption,
            model: current.record.model, client: admitted.client, isHeld: isHeldJSON)
        if isHeldJSON {
            let rewrite = try BodyRewrite(of: current.held, peek, for: demand)
            demand.outputLimit = rewrite.outputLimit
            demand.isInjected = rewrite.isInjected
            rewrite.apply(to: &current.held)
            demand.bodyBytes = current.held.readableBytes
        } else if case .length(let length) = head.framing {
            demand.bodyBytes = length
        } else {
            demand.bodyBytes = current.held.readableBytes
        }
        current.account = try worker.accounting.open(demand, peek)
    }
}
