import Domain

/// What a request asks for, as far as ``AccessDecision`` depends on it: made by the data path of a request,
/// and of an ``AccessQuestion`` for an explanation.
struct AccessDemand: ~Copyable {
    let holder: Holder
    let endpoint: Endpoint
    /// nil if none is named, or none that can be read.
    let model: String?
    /// The body is JSON, and was read.
    let isHeld: Bool
    /// As it will be sent on; of a body that is not held, what is known of its length.
    var bodyBytes = 0
    /// Of a question alone.
    var stated: StatedUse?
    /// What the model is called at the target that it is sent to; nil is as it was asked for.
    var targetModel: String?
    /// The targets that it may be sent to after that one.
    var laterTargets: ArraySlice<Target>

    /// `model` is the body's. One that is named beside those that are used would choose the price and the
    /// limits, and is left out.
    init(_ holder: Holder, to endpoint: Endpoint, model: String?, isHeld: Bool) {
        self.holder = holder
        self.endpoint = endpoint
        self.model = endpoint.legible.contains(.model) ? model : nil
        self.isHeld = isHeld
        targetModel = holder.route.target.model
        laterTargets = holder.route.others[...]
    }

    /// The most that it uses where each choice has `outputLimit`; nil is as it asks.
    func bound(
        _ peek: borrowing BodyPeek, _ price: ModelPrice?, outputLimit: Int64?, _ defaults: UsageBound.Defaults
    ) -> UsageBound {
        var bound = UsageBound(
            of: endpoint.consumption, peek: peek, isHeld: isHeld, bodyBytes: bodyBytes, price: price,
            outputLimit: outputLimit, defaults: defaults)
        if let stated { bound.take(stated, of: endpoint.consumption, price) }
        return bound
    }
}
