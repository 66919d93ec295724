package import Domain

/// A credential at the one moment when its text is known: `idDigits` and `hash` are kept, `text` is shown and
/// let go.
package struct MintedCredential: Sendable {
    /// The 12 public digits, for `AccessTokenID(digits:)` or `ManagementKeyID(digits:)`.
    package let idDigits: [UInt8]
    package let text: Secret
    package let hash: CredentialHash
}
