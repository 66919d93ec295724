import Storage

/// A revocation of many that failed in its course: what its steps revoked before stays revoked, and the same
/// request once more revokes those of the others that fit then.
struct RevokedInPart: Error {
    /// How many credentials that were.
    let count: Int
    let cause: StoreError
}

extension Problem {
    init(_ error: RevokedInPart) {
        self.init(
            "revoked_in_part", "Revoked in part", status: Problem(error.cause).status,
            detail: """
                \(error.count) of the credentials are revoked and stay revoked; then the store failed \
                (\(error.cause.reason)). Send the same request again to revoke the others that still fit.
                """)
    }

    /// A part of what was asked for was done, and stays so.
    package var isInPart: Bool { type.hasSuffix(":revoked_in_part") }
}
