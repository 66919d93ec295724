import Synchronization

/// The numbers of names and usage groups by what they stand for.
struct LedgerNumbers {
    var names: [LedgerNames: LedgerNames.Number] = [:]
    var groups: [UsageGroupKey: Int64] = [:]
}

/// The numbers that rows had lately, so that an append does not look each up.
///
/// What it holds is committed: numbers that a transaction made are learnt when it is through, never before.
final class LedgerNamesCache: Sendable {
    /// Of each kind. Then it begins anew: a client may name as many models as it likes.
    private static let capacity = 20_000

    private let numbers = Mutex(LedgerNumbers())

    var known: LedgerNumbers { numbers.withLock { $0 } }

    func learn(_ made: LedgerNumbers) {
        guard !made.names.isEmpty else { return }
        numbers.withLock { numbers in
            Self.merge(made.names, into: &numbers.names)
            Self.merge(made.groups, into: &numbers.groups)
        }
    }

    private static func merge<Key, Number>(_ made: [Key: Number], into known: inout [Key: Number]) {
        if known.count + made.count > capacity { known.removeAll() }
        known.merge(made) { old, _ in old }
    }
}
