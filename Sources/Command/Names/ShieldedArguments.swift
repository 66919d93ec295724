import Vault

/// The command line without secrets. Whoever pastes a whole access token means its id: of a credential in an
/// argument only the public part goes on, so that no command sends, prints or stores the rest.
struct ShieldedArguments: Equatable {
    private(set) var arguments: [String] = []
    /// The credentials that were there whole, each once.
    private(set) var exposed: [CredentialReference] = []

    init(_ arguments: some Sequence<String>) {
        for argument in arguments { self.arguments.append(shielded(argument)) }
    }

    private mutating func shielded(_ argument: String) -> String {
        // Cut off or mistyped too; glued to other text only where the length is right.
        let credential = /\blk[im]?_[0-9A-Za-z]{12}_[0-9A-Za-z]+|lk[im]?_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}/
        var text = ""
        var rest = argument[...]
        while let match = rest.firstMatch(of: credential) {
            text += rest[..<match.range.lowerBound]
            rest = rest[match.range.upperBound...]
            guard let reference = CredentialReference(match.output) else { continue }
            text += reference.publicText
            if match.output.utf8.count >= Self.shortestSecret, !exposed.contains(reference) {
                exposed.append(reference)
            }
        }
        return text + rest
    }

    /// Of what is as good as whole: with all of the secret, the checksum can be computed.
    private static let shortestSecret = CredentialFormat.byteCount(of: .accessToken) - 6

    /// Tells that a secret is where it should not be.
    func warn() {
        for reference in exposed {
            let kind = reference.kind.map(Self.words) ?? "credential"
            Console.warn(
                "the whole \(kind) \(reference.publicText) was an argument: it is in the shell's history "
                    + "now, and was in the process list",
                hint:
                    "give \(reference.publicText) alone; delete that line of the history, or revoke the "
                    + "\(kind)"
            )
        }
    }

    private static func words(_ kind: CredentialKind) -> String {
        switch kind {
        case .accessToken: "access token"
        case .managementKey: "management key"
        case .invitation: "invitation"
        }
    }
}
