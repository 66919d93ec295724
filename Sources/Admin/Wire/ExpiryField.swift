/// When an access token expires: one of the fields `expires_in` (seconds) and `expires_at` (RFC 3339); `null`
/// in either is never.
package enum ExpiryField: Equatable, Sendable {
    case never
    case after(seconds: Int64)
    /// RFC 3339.
    case at(String)

    static let fields = [Field("expires_in", mayBeNull: true), Field("expires_at", mayBeNull: true)]

    private enum CodingKeys: String, CodingKey {
        case expiresIn = "expires_in"
        case expiresAt = "expires_at"
    }

    /// nil where neither is there.
    init?(in decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let seconds = try container.decode(Given<Int64>.self, forKey: .expiresIn)
        let moment = try container.decode(Given<String>.self, forKey: .expiresAt)
        try self.init(seconds, moment)
    }

    /// nil where neither is there. `prefix`: what the fields' names begin with.
    init?(_ seconds: Given<Int64>, _ moment: Given<String>, prefix: String = "") throws(Problem) {
        switch (seconds, moment) {
        case (.left, .left): return nil
        case (.null, .left), (.left, .null): self = .never
        case (.value(let seconds), .left): self = .after(seconds: seconds)
        case (.left, .value(let text)): self = .at(text)
        case (.null, _), (.value, _):
            throw Problem.invalid(
                "\(prefix)expires_at", "it may not stand beside \(prefix)expires_in")
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .never: try container.encodeNil(forKey: .expiresIn)
        case .after(let seconds): try container.encode(seconds, forKey: .expiresIn)
        case .at(let time): try container.encode(time, forKey: .expiresAt)
        }
    }
}
