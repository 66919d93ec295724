/// `POST /manage/tokens/{id}/reissue`. Without an expiry the successor of a revoked access token ends when
/// that one would have.
package struct ReissueAccessTokenRequest: RequestBody {
    package static let fields = ExpiryField.fields
    package static let mayBeLeftOut = true

    package var expiry: ExpiryField?

    package init(expiry: ExpiryField? = nil) { self.expiry = expiry }

    package init(from decoder: any Decoder) throws { expiry = try ExpiryField(in: decoder) }

    package func encode(to encoder: any Encoder) throws {
        _ = encoder.container(keyedBy: NoKeys.self)
        try expiry?.encode(to: encoder)
    }

    private enum NoKeys: CodingKey {}
}
