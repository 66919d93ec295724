package import Domain

/// Denials, rolled up.
extension Store {
    /// One event for each, in one transaction.
    package func recordDenials(_ counts: [DenialCount], at now: Timestamp) async throws(StoreError) {
        guard !counts.isEmpty else { return }
        try await database.change(by: .system(at: now)) { _ in .made((), counts.map(\.event)) }
    }
}
