import Domain

/// Looks up what was done under an `Idempotency-Key`.
extension Store {
    /// What was made under the context's claim; nil if nothing was yet, or there is no claim. Throws
    /// `keyReused` if it was claimed with another body. The change itself looks again.
    package func record(of context: ChangeContext) async throws(StoreError) -> IdempotencyRecord? {
        guard let claim = context.claim else { return nil }
        return try await database.read {
            try claim.record(of: context.principal, at: context.now, in: $0)
        }
    }
}
