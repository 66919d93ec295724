/// What was made under an `Idempotency-Key`, and how it was answered.
package struct IdempotencyRecord: Hashable, Sendable {
    /// The id of what was made: what the change's last audit event tells of.
    package let subject: String
    package let status: Int
}
