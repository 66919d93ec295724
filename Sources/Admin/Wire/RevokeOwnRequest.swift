/// `POST /revoke`: the access token that is to be revoked, where it is not the Bearer.
struct RevokeOwnRequest: RequestBody {
    static let fields: [Field] = ["token"]
    var token: String
}

/// The answer, the same for every access token.
struct RevokeOwnResource: Codable, Equatable, Sendable {
    var status = "accepted"
}
