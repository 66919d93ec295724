import Domain
import Synchronization

/// What the limits of one owner are about, as far as a request has to know it before it takes their lock.
struct LimitScope: OptionSet, AtomicRepresentable, Sendable {
    let rawValue: UInt8

    /// There are limits.
    static let any = LimitScope(rawValue: 1)
    /// Some of them ask for the model: those about certain models, and those on cost.
    static let model = LimitScope(rawValue: 2)
    /// Some of them are rates of tokens or cost, which take an estimate in advance.
    static let estimate = LimitScope(rawValue: 4)
    /// Some of them are on cost.
    static let cost = LimitScope(rawValue: 8)
    /// Some of them are quotas of tokens.
    static let tokenQuota = LimitScope(rawValue: 16)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(_ records: [LimitRecord]) {
        self = records.isEmpty ? [] : .any
        for id in records.lazy.map(\.limit.id) {
            if id.metric == .cost { formUnion([.cost, .model]) }
            if id.models != nil { formUnion(.model) }
            if id.isEstimatedRate { formUnion(.estimate) }
            if id.metric == .tokens, id.isQuota { formUnion(.tokenQuota) }
        }
    }
}

extension LimitID {
    /// A rate of what is only known at the end of a request.
    fileprivate var isEstimatedRate: Bool {
        guard let window, window.isRate else { return false }
        return switch metric {
        case .tokens, .cost: true
        case .requests, .concurrency: false
        }
    }
}
