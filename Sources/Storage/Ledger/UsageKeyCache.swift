import Synchronization

/// The numbers of the usage keys that were used lately, so that an append does not look each up.
///
/// What it holds is committed: keys that a transaction made are learnt when it is through, never before.
final class UsageKeyCache: Sendable {
    /// Then it begins anew: a client may name as many models as it likes.
    private static let capacity = 20_000

    private let numbers = Mutex<[UsageKey: Int64]>([:])

    var known: [UsageKey: Int64] { numbers.withLock { $0 } }

    func learn(_ made: [UsageKey: Int64]) {
        guard !made.isEmpty else { return }
        numbers.withLock { numbers in
            if numbers.count + made.count > Self.capacity { numbers.removeAll() }
            numbers.merge(made) { old, _ in old }
        }
    }
}
