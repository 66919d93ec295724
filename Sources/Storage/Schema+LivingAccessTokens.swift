/// Access tokens that may let somebody in, found without the others: what a start reads does not grow with
/// all that was ever issued.
extension Schema {
    static let livingAccessTokens = [
        """
        CREATE INDEX access_tokens_living ON access_tokens (coalesce(expires_at, 9223372036854775807))
            WHERE revoked_at IS NULL AND expired_at IS NULL
        """,
        "CREATE INDEX access_tokens_honey ON access_tokens (id) WHERE honey = 1 AND revoked_at IS NULL",
    ]
}
