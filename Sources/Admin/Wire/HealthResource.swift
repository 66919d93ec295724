/// `GET /health`, `/live` and `/ready`.
package struct HealthResource: Codable, Equatable, Sendable {
    /// `ok`, `unknown`, `draining` or `failing`.
    package var status: String
    /// For each part that was looked at the same, or the reason of its failure.
    package var checks: [String: String]
}
