/// `POST /manage/tokens/{id}/rotate`. Without an expiry the successor ends when the one before would have.
package struct RotateAccessTokenRequest: RequestBody {
    package static let fields: [Field] = ["grace_seconds"] + ExpiryField.fields
    package static let mayBeLeftOut = true
    /// A day: long enough to bring the new text to where the old one is used.
    package static let defaultGrace: Int64 = 86_400
    /// A quarter of a year.
    package static let longestGrace: Int64 = 90 * 86_400

    /// For how long both work; a day where it is left out.
    package var graceSeconds: Int64?
    package var expiry: ExpiryField?

    package init(graceSeconds: Int64? = nil, expiry: ExpiryField? = nil) {
        self.graceSeconds = graceSeconds
        self.expiry = expiry
    }

    private enum CodingKeys: String, CodingKey {
        case graceSeconds = "grace_seconds"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        graceSeconds = try container.decodeIfPresent(Int64.self, forKey: .graceSeconds)
        expiry = try ExpiryField(in: decoder)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(graceSeconds, forKey: .graceSeconds)
        try expiry?.encode(to: encoder)
    }

    /// Throws where it is out of bounds.
    func grace() throws(Problem) -> Int64 {
        let grace = graceSeconds ?? Self.defaultGrace
        guard (0...Self.longestGrace).contains(grace) else {
            throw .invalid("grace_seconds", "it has to be a number of seconds from 0 to \(Self.longestGrace)")
        }
        return grace
    }
}
