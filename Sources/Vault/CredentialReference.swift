import Domain

/// A credential as people name it: by its id alone, or with its prefix in front, as scans and logs show it
/// (`lk_000000000001`, `lk_000000000001_…`), or by its whole text, of which the secret is not kept.
package struct CredentialReference: Hashable, Sendable {
    /// nil where it was the id alone, which may be of any kind.
    package let kind: CredentialKind?
    /// 12 base62 digits.
    package let id: String
    /// True where anything of the secret was in the text.
    package let heldSecret: Bool

    /// nil for any other text.
    package init?(_ text: some StringProtocol) {
        let kind = CredentialKind.allCases.first { text.hasPrefix($0.prefix.description) }
        let body = text.utf8.dropFirst(kind?.prefix.utf8CodeUnitCount ?? 0)
        let digits = Array(body.prefix(CredentialFormat.idByteCount))
        guard digits.count == CredentialFormat.idByteCount, digits.allSatisfy(Base62.contains) else {
            return nil
        }
        let rest = body.dropFirst(digits.count)
        guard rest.isEmpty || kind != nil && rest.first == 0x5F else { return nil }
        let tail = rest.dropFirst()
        let isShortened = tail.allSatisfy { $0 == 0x2E || $0 == 0x2A } || tail.elementsEqual("…".utf8)
        guard isShortened || tail.allSatisfy(Base62.contains) else { return nil }
        self.kind = kind
        id = String(decoding: digits, as: UTF8.self)
        heldSecret = !isShortened
    }

    /// Without any secret: `lk_000000000001`, or the id alone.
    package var publicText: String { (kind?.prefix.description ?? "") + id }
}
