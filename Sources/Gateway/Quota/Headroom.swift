package import Domain

/// The limits that are nearest to their end, for the `RateLimit-Policy` and `RateLimit` fields of an answer
/// (draft-ietf-httpapi-ratelimit-headers-10).
///
/// At most three, the most restrictive first, of rates and quotas. A policy's name is its owner, metric and
/// window (`"token-requests-day"`); cost is in micro-dollars, for a structured field's integer has 15 digits.
package struct Headroom: Sendable {
    struct Policy: Sendable {
        let owner: LimitOwner
        let metric: LimitMetric
        let window: LimitWindow
        let allowance: Int64
        let remaining: Int64
        /// Of the window and until it resets, in seconds; nil for a lifetime.
        let length: Int64?
        let reset: Int64?

        /// What is left per what there is.
        var share: Double { allowance > 0 ? Double(remaining) / Double(allowance) : 0 }

        func hasName(of other: Policy) -> Bool {
            owner == other.owner && metric == other.metric && window == other.window
        }
    }

    private static let capacity = 3

    private(set) var policies = InlineArray<3, Policy?>(repeating: nil)
    package private(set) var count = 0

    init() {}

    mutating func take(_ account: borrowing QuotaAccount, at now: Timestamp, _ periods: QuotaPeriods) {
        guard let window = account.limit.id.window else { return }
        let length =
            window.refillTime.map { $0 / 1_000_000_000 }
            ?? periods[window].map { ($0.end.milliseconds - $0.start.milliseconds) / 1000 }
        insert(
            Policy(
                owner: account.owner, metric: account.limit.id.metric, window: window,
                allowance: account.allowance, remaining: account.remaining, length: length,
                reset: account.resetsAt(from: now).map {
                    max(0, $0.milliseconds - now.milliseconds + 999) / 1000
                }))
    }

    /// Of two with one name (their models differ) the more restrictive stays.
    private mutating func insert(_ new: Policy) {
        for index in 0..<count {
            guard let here = policies[index], here.hasName(of: new) else { continue }
            guard new.share < here.share else { return }
            for next in index..<count - 1 { policies[next] = policies[next + 1] }
            count -= 1
            break
        }
        var place = count
        while place > 0, let before = policies[place - 1], new.share < before.share {
            if place < Self.capacity { policies[place] = before }
            place -= 1
        }
        guard place < Self.capacity else { return }
        policies[place] = new
        count = min(count + 1, Self.capacity)
    }

    /// What ``write(with:)`` takes at most: the fields' own names, and of each policy twice its name, its
    /// numbers and what stands between them.
    package var longest: Int { count == 0 ? 0 : 64 + 2 * count * 128 }

    /// Writes both fields as header lines, or nothing where there is no limit.
    package func write(with pen: inout Pen) {
        guard count > 0 else { return }
        var names = InlineArray<3, Range<Int>>(repeating: 0..<0)
        pen.put("ratelimit-policy: ")
        for index in 0..<count {
            guard let policy = policies[index] else { break }
            if index > 0 { pen.put(", ") }
            let start = pen.count
            Self.putName(of: policy, &pen)
            names[index] = start..<pen.count
            pen.put(";q=")
            pen.put(number: policy.inFields(policy.allowance))
            switch policy.metric {
            case .tokens: pen.put(";qu=\"tokens\"")
            case .cost: pen.put(";qu=\"micro-usd\"")
            case .requests, .concurrency: break
            }
            if let length = policy.length {
                pen.put(";w=")
                pen.put(number: Int(length))
            }
        }
        pen.put("\r\nratelimit: ")
        for index in 0..<count {
            guard let policy = policies[index] else { break }
            if index > 0 { pen.put(", ") }
            pen.put(again: names[index])
            pen.put(";r=")
            pen.put(number: policy.inFields(policy.remaining))
            if let reset = policy.reset {
                pen.put(";t=")
                pen.put(number: Int(reset))
            }
        }
        pen.put("\r\n")
    }

    private static func putName(of policy: Policy, _ pen: inout Pen) {
        switch policy.owner {
        case .accessToken: pen.put("\"token-")
        case .project: pen.put("\"project-")
        }
        pen.put(policy.metric.literal)
        pen.put(policy.window.literal)
    }
}

extension Headroom.Policy {
    /// In the fields' unit, and short enough for an integer of theirs.
    fileprivate func inFields(_ amount: Int64) -> Int {
        let isCost = if case .cost = metric { true } else { false }
        return Int(min(isCost ? amount / 1000 : amount, 999_999_999_999_999))
    }
}

extension LimitMetric {
    /// ``rawValue`` as a part of a policy's name, for what makes no strings.
    fileprivate var literal: StaticString {
        switch self {
        case .requests: "requests-"
        case .tokens: "tokens-"
        case .cost: "cost-"
        case .concurrency: "concurrency-"
        }
    }
}

extension LimitWindow {
    /// ``rawValue`` as the end of a policy's name, for what makes no strings.
    fileprivate var literal: StaticString {
        switch self {
        case .second: "second\""
        case .minute: "minute\""
        case .hour: "hour\""
        case .day: "day\""
        case .week: "week\""
        case .month: "month\""
        case .lifetime: "lifetime\""
        }
    }
}
