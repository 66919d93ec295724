/// `GET /health`, `/live` and `/ready`.
package struct HealthResource: Codable, Equatable, Sendable {
    /// `ok`, `draining` or `failing`.
    package var status: String
    /// The same for each part that was looked at.
    package var checks: [String: String]
}
