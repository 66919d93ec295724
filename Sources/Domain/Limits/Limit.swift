/// How much an access token or a project may use: an amount of a metric per window, of all models or of those
/// that a pattern names.
///
/// As text `METRIC=AMOUNT/WINDOW[:MODEL-PATTERN]` (`cost=5.00/month`, `tokens=1000/day:gpt-6*`,
/// `concurrency=4`). 0 is zero: nothing is let through. What has no limit is unlimited.
package struct Limit: Hashable, Sendable {
    package let id: LimitID
    /// In the metric's unit (``LimitMetric``), never negative.
    package let amount: Int64

    package init(_ id: LimitID, amount: Int64) {
        precondition(amount >= 0, "a limit is never negative")
        self.id = id
        self.amount = amount
    }

    package init(parsing text: some StringProtocol) throws(LimitTextError) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
            String($0)
        }
        guard parts.count == 2 else { throw .missingAmount }
        let metric = try LimitTextError.metric(parts[0])
        // The first colon: a model's name has colons itself (`ft:gpt-4o:acme::1`).
        let sides = parts[1].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let words = (sides.first ?? "").split(
            separator: "/", maxSplits: 1, omittingEmptySubsequences: false
        ).map { String($0) }
        let number = words.first ?? ""
        guard let amount = Self.amount(number, of: metric) else { throw .malformedAmount(number, metric) }
        let id = try LimitID(
            metric: metric, window: words.count == 2 ? words[1] : nil,
            models: sides.count == 2 ? String(sides[1]) : nil)
        self.init(id, amount: amount)
    }

    /// An amount as people write it: dollars for cost, digits for the others. Nil for anything else.
    package static func amount(_ text: String, of metric: LimitMetric) -> Int64? {
        if metric == .cost { return Money(text)?.nanoUSD }
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(text)
    }

    /// The reverse: what ``amount(_:of:)`` reads.
    package static func text(_ amount: Int64, of metric: LimitMetric) -> String {
        metric == .cost ? Money(nanoUSD: amount).description : String(amount)
    }
}

extension Limit: CustomStringConvertible {
    package var description: String {
        "\(id.metric.rawValue)=\(Self.text(amount, of: id.metric))"
            + (id.window.map { "/" + $0.rawValue } ?? "") + (id.models.map { ":\($0)" } ?? "")
    }
}
