package import Vault

/// Which texts can be a management key: one that Latchkey made (`lkm_`, form and checksum right), or one of
/// the operator's own choice (`LATCHKEY_ADMIN_KEY` at `init`), which only has to be long enough and travel in
/// a header.
package enum ManagementKeyRule {
    /// In characters; what an operator makes up has to be as hard to guess as it can be.
    package static let minimum = 32
    /// In bytes.
    package static let maximum = 1024

    /// Why `key` can be none: a clause that can follow a colon; nil where it can be one. Never quotes it.
    package static func flaw(in key: Secret) -> String? {
        key.withUnsafeBytes { bytes in
            if bytes.starts(with: "lkm_".utf8) {
                return CredentialFormat.isWellFormed(bytes, kind: .managementKey)
                    ? nil : "it begins with lkm_ but is no management key; is it cut off or mistyped?"
            }
            guard !bytes.starts(with: "lk_".utf8) else {
                return "it is an access token, not a management key"
            }
            // UTF-8's continuation bytes begin no character.
            guard bytes.count(where: { $0 & 0xC0 != 0x80 }) >= minimum else {
                return "it has to be at least \(minimum) characters long"
            }
            guard bytes.count <= maximum else { return "it may be at most \(maximum) bytes long" }
            guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), bytes.first != 0x20, bytes.last != 0x20
            else {
                return "it may hold no control characters, and no space at its ends"
            }
            return nil
        }
    }
}
