import Domain
import NIOCore
import Telemetry
import Upstream

/// The attempts of an exchange: nothing is dispatched without one.
extension ProxyHandler {
    /// The first. `peek` is empty where the body is not held.
    func openAttempt(
        _ current: OpenExchange, _ head: borrowing RequestHead, isHeldJSON: Bool, _ peek: borrowing BodyPeek
    ) throws(Rejection) {
        guard let admitted = current.admitted else { return }
        var demand = demand(current, admitted, head, isHeldJSON: isHeldJSON)
        current.record.model = demand.model
        let route = admitted.permit.route
        if !route.others.isEmpty {
            // Where its name cannot be written in, a model is called the same everywhere.
            let isNamed = peek.modelRange != nil
            let others = route.others.filter { $0.model == nil || isNamed }
            let isRepeatable = current.isHeld || !head.hasBody
            demand.laterTargets = isRepeatable ? others[...] : []
            if isRepeatable, !others.isEmpty {
                var plan = RoutePlan(route.target, others)
                _ = plan.next(after: nil)
                current.further = FurtherAttempts(
                    plan, copy head, copy peek, isHeldJSON: isHeldJSON, body: current.held)
            }
        }
        current.attempt = try worker.accounting.open(
            demand, peek, Turn(target: route.target, client: admitted.client), body: &current.held)
    }

    private func demand(
        _ current: OpenExchange, _ admitted: borrowing OpenExchange.Admitted, _ head: borrowing RequestHead,
        isHeldJSON: Bool
    ) -> AccessDemand {
        var demand = AccessDemand(
            admitted.permit.holder, to: admitted.endpoint, model: current.record.model, isHeld: isHeldJSON)
        demand.bodyBytes =
            if case .length(let length) = head.framing { length } else { current.held.readableBytes }
        return demand
    }

    /// A failure may be followed by another attempt.
    func hasNext(_ current: OpenExchange) -> Bool {
        // Of a list of models that is held some may have come already.
        guard let further = current.further, current.modelList?.head == nil else { return false }
        return further.plan.hasNext && current.admitted?.permit.isOpen == true
    }

    /// Where none can be opened, the failure is the answer.
    func attemptNext(after failure: UpstreamFailure) {
        guard let current, let admitted = current.admitted, let last = current.attempt,
            let further = current.further, let target = further.plan.next(after: failure)
        else { return give(up: failure) }
        last.transfer?.cancel()
        let settling = close(last, of: current, further, failing: failure)
        var turn = Turn(target: target, client: admitted.client)
        turn.number = last.number + 1
        turn.requests = further.wasDispatched ? 0 : 1
        turn.last = settling
        current.held = further.body
        var demand = demand(current, admitted, further.head, isHeldJSON: further.isHeldJSON)
        demand.targetModel = target.model
        demand.laterTargets = further.plan.remaining
        do throws(Rejection) {
            current.attempt = try worker.accounting.open(
                demand, further.peek, turn, body: &current.held)
        } catch {
            settling?.end(at: NIODeadline.now().uptimeNanoseconds)
            return give(up: failure)
        }
        current.record.failedAttempts.append(ExchangeRecord.FailedAttempt(last.name, failure))
        dispatch(current, further.head)
    }

    private func give(up failure: UpstreamFailure) { perform(current?.machine.upstreamEnd(failure) ?? .none) }

    private func close(
        _ last: Attempt, of current: OpenExchange, _ further: FurtherAttempts,
        failing failure: UpstreamFailure
    ) -> Settling? {
        let now = NIODeadline.now().uptimeNanoseconds
        current.attempt = nil
        current.record.outcome = .failed(failure)
        current.record.durationNanoseconds = current.nanoseconds(until: now)
        current.record.wasDispatched = last.transfer?.wasDispatched ?? false
        let (settling, settled) = worker.accounting.closeBeforeNext(last, current.record, at: now)
        if current.record.wasDispatched { further.wasDispatched = true }
        current.record.wasDispatched = further.wasDispatched
        if current.record.settled == nil {
            current.record.settled = settled
        } else {
            current.record.settled?.add(settled)
        }
        current.record.target = last.name
        return settling
    }
}
