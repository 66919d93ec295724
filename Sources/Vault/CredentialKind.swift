/// What a credential is good for; told by how its text begins.
package enum CredentialKind: Sendable, CaseIterable {
    /// Calls `/v1` for a project.
    case accessToken
    /// Calls `/manage`.
    case managementKey
    /// Claims an access token, once.
    case invitation

    package var prefix: StaticString {
        switch self {
        case .accessToken: "lk_"
        case .managementKey: "lkm_"
        case .invitation: "lki_"
        }
    }
}

extension CredentialKind {
    /// What a text sets out to be; nil where it is none of these.
    package init?(beginning text: UnsafeRawBufferPointer) {
        for kind in Self.allCases {
            let count = kind.prefix.utf8CodeUnitCount
            let isPrefix = kind.prefix.withUTF8Buffer { prefix in
                unsafe text.count >= count && text[..<count].elementsEqual(prefix)
            }
            guard isPrefix else { continue }
            self = kind
            return
        }
        return nil
    }
}
