package import Domain

/// Looks up what was done under an `Idempotency-Key`.
extension Store {
    /// What was made under the claim; nil where nothing was yet. Throws `keyReused` where it was claimed with
    /// another body. The change itself looks again.
    package func record(
        of claim: IdempotencyClaim, at now: Timestamp
    ) async throws(StoreError) -> IdempotencyRecord? {
        try await database.read { try claim.record(at: now, in: $0) }
    }
}
