import Domain
package import NIOCore

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
        let state = account.state(at: now)
        let length =
            window.refillTime.map { $0 / 1_000_000_000 }
            ?? periods[window].map { ($0.end.milliseconds - $0.start.milliseconds) / 1000 }
        insert(
            Policy(
                owner: account.owner, metric: account.limit.id.metric, window: window,
                allowance: state.allowance, remaining: state.remaining, length: length,
                reset: state.resetsAt.map { max(0, $0.milliseconds - now.milliseconds + 999) / 1000 }))
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

    /// Of what one policy takes in one field: its names, its numbers, and what stands between them.
    private static let longestPolicy = 128

    /// Writes both fields as header lines, or nothing where there is no limit.
    package func write(to buffer: inout ByteBuffer) {
        guard count > 0 else { return }
        let longest = 64 + 2 * count * Self.longestPolicy
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: longest) { bytes in
            var pen = Pen(bytes.bindMemory(to: UInt8.self))
            pen.put("ratelimit-policy: ")
            forEach(&pen) { policy, pen in
                Self.putName(of: policy, &pen)
                Self.put(";q=", policy.allowance, of: policy.metric, &pen)
                if policy.metric == .tokens { pen.put(";qu=\"tokens\"") }
                if policy.metric == .cost { pen.put(";qu=\"micro-usd\"") }
                if let length = policy.length { Self.put(";w=", length, &pen) }
            }
            pen.put("\r\nratelimit: ")
            forEach(&pen) { policy, pen in
                Self.putName(of: policy, &pen)
                Self.put(";r=", policy.remaining, of: policy.metric, &pen)
                if let reset = policy.reset { Self.put(";t=", reset, &pen) }
            }
            pen.put("\r\n")
            return pen.written.count
        }
    }

    private func forEach(_ pen: inout Pen, _ body: (Policy, inout Pen) -> Void) {
        for index in 0..<count {
            guard let policy = policies[index] else { return }
            if index > 0 { pen.put(", ") }
            body(policy, &pen)
        }
    }

    private static func putName(of policy: Policy, _ pen: inout Pen) {
        pen.put(policy.owner == .accessToken ? "\"token-" : "\"project-")
        pen.put(policy.metric.literal)
        pen.put("-")
        pen.put(policy.window.literal)
        pen.put("\"")
    }

    private static func put(
        _ name: StaticString, _ value: Int64, of metric: LimitMetric = .requests, _ pen: inout Pen
    ) {
        pen.put(name)
        pen.put(number: Int(min(metric == .cost ? value / 1000 : value, 999_999_999_999_999)))
    }
}

extension LimitMetric {
    /// ``rawValue``, for what makes no strings.
    fileprivate var literal: StaticString {
        switch self {
        case .requests: "requests"
        case .tokens: "tokens"
        case .cost: "cost"
        case .concurrency: "concurrency"
        }
    }
}

extension LimitWindow {
    /// ``rawValue``, for what makes no strings.
    fileprivate var literal: StaticString {
        switch self {
        case .second: "second"
        case .minute: "minute"
        case .hour: "hour"
        case .day: "day"
        case .week: "week"
        case .month: "month"
        case .lifetime: "lifetime"
        }
    }
}
