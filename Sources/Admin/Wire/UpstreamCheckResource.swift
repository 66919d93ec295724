/// What an upstream said when it was asked for its models.
package struct UpstreamCheckResource: Codable, Equatable, Sendable {
    /// The project's id.
    package var project: String
    /// It is there, and does not refuse the key.
    package var ok: Bool
    /// Of its answer; none where there was no answer, and of the dummy provider.
    package var status: Int?
    /// Why it is not ok: as in `x-latchkey-error`, or `upstream_status` for an answer of 500 and more.
    package var reason: String?
}
