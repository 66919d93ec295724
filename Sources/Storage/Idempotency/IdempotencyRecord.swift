/// What was made under an `Idempotency-Key`, and how it was answered.
package struct IdempotencyRecord: Hashable, Sendable {
    /// The id of what was made: the subject of the change's first audit event.
    package let subject: String
    package let status: Int
}
