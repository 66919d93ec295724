/// Which limit of an owner is meant: no two limits of one access token or project have the same.
///
/// The amount is no part of it, so that a limit whose amount changes keeps its counter. As text
/// `METRIC[/WINDOW][:MODEL-PATTERN]`: `requests/day`, `concurrency`, `tokens/minute:gpt-6*`.
package struct LimitID: Hashable, Sendable {
    package let metric: LimitMetric
    /// nil for concurrency, and only for it.
    package let window: LimitWindow?
    /// The models that were asked for; nil is every request, also one without a model.
    package let models: ModelPattern?

    /// What the metric counts per window. `metric` is any but concurrency.
    package init(_ metric: LimitMetric, per window: LimitWindow, models: ModelPattern? = nil) {
        precondition(metric != .concurrency, "concurrency has no window")
        self.metric = metric
        self.window = window
        self.models = models
    }

    private init(concurrencyOf models: ModelPattern?) {
        metric = .concurrency
        window = nil
        self.models = models
    }

    package static func concurrency(models: ModelPattern? = nil) -> LimitID {
        LimitID(concurrencyOf: models)
    }

    /// Throws where the text is of another form.
    package init(parsing text: some StringProtocol) throws(LimitTextError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map {
            String($0)
        }
        let head = parts.first ?? ""
        let words = head.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map {
            String($0)
        }
        try self.init(
            metric: LimitTextError.metric(words.first ?? ""), window: words.count == 2 ? words[1] : nil,
            models: parts.count == 2 ? parts[1] : nil)
    }

    package init(metric: LimitMetric, window: String?, models: String?) throws(LimitTextError) {
        var pattern: ModelPattern?
        if let models {
            guard let read = ModelPattern(models) else { throw .malformedPattern(models) }
            pattern = read
        }
        guard metric != .concurrency else {
            guard window == nil else { throw .windowOfConcurrency }
            self.init(concurrencyOf: pattern)
            return
        }
        guard let window else { throw .missingWindow(metric) }
        guard let known = LimitWindow(rawValue: window) else { throw .unknownWindow(window) }
        self.init(metric, per: known, models: pattern)
    }

    /// True where it is kept for good: a budget, not a rate and not concurrency.
    package var isQuota: Bool { window.map { !$0.isRate } ?? false }
}

extension LimitID: CustomStringConvertible {
    package var description: String {
        metric.rawValue + (window.map { "/" + $0.rawValue } ?? "") + (models.map { ":\($0)" } ?? "")
    }
}
