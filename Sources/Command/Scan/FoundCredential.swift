import Vault

/// A credential that was found somewhere. Never holds more of it than its public id.
struct FoundCredential: Hashable {
    let kind: CredentialKind
    let id: String

    init(_ finding: CredentialScanner.Finding) {
        kind = finding.kind
        id = String(decoding: finding.idDigits, as: UTF8.self)
    }

    /// `access_token`, `management_key` or `invitation`.
    var name: String {
        switch kind {
        case .accessToken: "access_token"
        case .managementKey: "management_key"
        case .invitation: "invitation"
        }
    }

    /// `access token lk_<id>_…`.
    var text: String { "\(name.replacing("_", with: " ")) \(kind.prefix)\(id)_…" }

    /// Those in a text.
    static func all(in text: some Collection<UInt8>) -> [FoundCredential] {
        places(in: Array(text)).map(\.credential)
    }

    /// The text with '…' in place of the secrets in it, as of a file that is named after one.
    static func redacted(_ text: String) -> String {
        var bytes = Array(text.utf8)
        for (credential, place) in places(in: bytes).reversed() {
            let shown =
                place.lowerBound + credential.kind.prefix.utf8CodeUnitCount + credential.id.utf8.count + 1
            bytes.replaceSubrange(shown..<place.upperBound, with: "…".utf8)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func places(in bytes: [UInt8]) -> [(credential: FoundCredential, place: Range<Int>)] {
        var scanner = CredentialScanner()
        var found: [(credential: FoundCredential, place: Range<Int>)] = []
        bytes.withUnsafeBytes { bytes in
            scanner.scan(bytes) { finding, text in
                found.append((FoundCredential(finding), finding.offset..<finding.offset + text.count))
            }
        }
        return found
    }
}
