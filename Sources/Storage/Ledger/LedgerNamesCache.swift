import Synchronization

/// The numbers of the names that rows had lately, so that an append does not look each up.
///
/// What it holds is committed: names that a transaction made are learnt when it is through, never before.
final class LedgerNamesCache: Sendable {
    /// Then it begins anew: a client may name as many models as it likes.
    private static let capacity = 20_000

    private let numbers = Mutex<[LedgerNames: LedgerNames.Number]>([:])

    var known: [LedgerNames: LedgerNames.Number] { numbers.withLock { $0 } }

    func learn(_ made: [LedgerNames: LedgerNames.Number]) {
        guard !made.isEmpty else { return }
        numbers.withLock { numbers in
            if numbers.count + made.count > Self.capacity { numbers.removeAll() }
            numbers.merge(made) { old, _ in old }
        }
    }
}
