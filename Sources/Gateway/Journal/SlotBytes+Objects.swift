import Domain

/// How a slot keeps what a row has to do with an object: one byte for the role; behind it, where there is
/// one, a byte of the tier and one of how long the cache is kept; and of the row that begins a run, its
/// thread.
extension SlotWriter {
    private static let noTier = UInt8.max

    mutating func put(_ role: ObjectRole?) {
        switch role {
        case nil: put(UInt8(0))
        case .begins(let terms):
            put(UInt8(1))
            put(terms.price.tier.code)
            put(UInt8(terms.price.keepsCacheLong ? 1 : 0))
            put(terms.thread, limit: ObjectTerms.threadLimit)
        case .completes: put(UInt8(2))
        case .reports(let tier):
            put(UInt8(3))
            put(tier?.code ?? Self.noTier)
        }
    }
}

extension SlotReader {
    /// nil for none, and for what no version wrote.
    mutating func objectRole() -> ObjectRole? {
        switch number(as: UInt8.self) {
        case 1:
            guard let tier = ServiceTier(code: number()) else { return nil }
            let keepsCacheLong = number(as: UInt8.self) != 0
            return .begins(
                ObjectTerms(
                    price: ModelPrice.Terms(tier: tier, keepsCacheLong: keepsCacheLong), thread: text()))
        case 2: return .completes
        case 3: return .reports(tier: ServiceTier(code: number()))
        default: return nil
        }
    }
}

extension ServiceTier {
    /// As the journal has it; never changes.
    fileprivate var code: UInt8 {
        switch self {
        case .standard: 1
        case .flex: 2
        case .priority: 3
        case .ultrafast: 4
        case .batch: 5
        case .unknown: 6
        }
    }

    fileprivate init?(code: UInt8) {
        switch code {
        case 1: self = .standard
        case 2: self = .flex
        case 3: self = .priority
        case 4: self = .ultrafast
        case 5: self = .batch
        case 6: self = .unknown
        default: return nil
        }
    }
}
