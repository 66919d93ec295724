package import Domain

/// A limit as the management API shows it, with what is used of it.
package struct LimitResource: Codable, Equatable, Sendable {
    /// Which limit of its owner it is, as `requests/day:gpt-6*`: what top-ups and resets name it by.
    package var limit: String
    package var metric: String
    /// nil for concurrency.
    @Nullable package var window: String? = nil
    /// nil: all.
    @Nullable package var models: String? = nil
    package var amount: LimitAmount
    /// Added by top-ups, for the current period.
    package var toppedUp: LimitAmount
    /// In the current period; of a rate, what has not refilled yet.
    package var used: LimitAmount
    /// Held by requests under way.
    package var reserved: LimitAmount
    package var remaining: LimitAmount
    /// When all of it is there again; nil never, or unknown.
    @Nullable package var resetsAt: String? = nil

    package enum CodingKeys: String, CodingKey {
        case limit, metric, window, models, amount, used, reserved, remaining
        case toppedUp = "topped_up"
        case resetsAt = "resets_at"
    }

    package init(_ state: LimitState) {
        let id = state.limit.id
        let amount = { LimitAmount($0, of: id.metric) }
        limit = id.description
        metric = id.metric.rawValue
        window = id.window?.rawValue
        models = id.models?.description
        self.amount = amount(state.limit.amount)
        toppedUp = amount(state.allowance.subtractingSaturated(state.limit.amount))
        used = amount(state.used)
        reserved = amount(state.reserved)
        remaining = amount(state.remaining)
        resetsAt = state.resetsAt?.rfc3339
    }
}
