import Domain
package import Vault

/// What a request names and is not there: its kind is told, and where the text is one of another kind, that.
extension Problem {
    package enum Kind: String, CaseIterable, Sendable {
        case project
        case accessToken = "access token"
        case managementKey = "management key"
        case invitation, credential, backup, price

        package init(_ kind: CredentialKind) {
            switch kind {
            case .accessToken: self = .accessToken
            case .managementKey: self = .managementKey
            case .invitation: self = .invitation
            }
        }

        /// `an access token`.
        package var phrase: String { (self == .accessToken || self == .invitation ? "an " : "a ") + rawValue }

        fileprivate var isMissing: String { "there is no such \(rawValue)" }
    }

    static func missing(_ detail: String) -> Problem {
        Problem("not_found", "Not found", status: 404, detail: detail)
    }

    package static func noSuch(_ kind: Kind) -> Problem { .missing("There is no such \(kind.rawValue).") }

    /// The same of a text that may be the id of something else, which is told. It is quoted where it is
    /// public.
    static func noSuch(_ kind: Kind, named text: String) -> Problem {
        if let reference = CredentialReference(text), let other = reference.kind.map(Kind.init) {
            guard other == kind else {
                return .missing("\(reference.publicText) is \(other.phrase), not \(kind.phrase).")
            }
            guard !reference.heldSecret else { return .secretGiven(for: kind) }
        }
        let others: [(kind: String, isIt: Bool)] = [
            ("a project", ProjectID(text) != nil), ("an upstream credential", CredentialID(text) != nil),
            ("an alarm", AlarmID(text) != nil),
        ]
        guard let other = others.first(where: \.isIt), other.kind != kind.phrase else {
            return .noSuch(kind)
        }
        return .missing("\(text) is the id of \(other.kind), not of \(kind.phrase).")
    }

    /// A secret has no place in a URL.
    static func secretGiven(for kind: Kind) -> Problem {
        .missing(
            "This is the whole text of \(kind.phrase). Give its id alone, the 12 characters in the middle: "
                + "URLs are logged on the way, so consider it leaked.")
    }

    /// True where it is a ``noSuch(_:)``, also of a field.
    package func says(isMissing kind: Kind) -> Bool {
        self == .noSuch(kind) || errors?.contains { $0.detail == kind.isMissing } == true
    }

    /// A problem of a path as one of a field or a query parameter, that has the same to say.
    func pointing(to pointer: String) -> Problem {
        var clause = detail
        if clause.hasSuffix(".") { clause.removeLast() }
        if let kind = Kind.allCases.first(where: { self == .noSuch($0) }) { clause = kind.isMissing }
        return .invalidFields([FieldError(pointer: pointer, clause)])
    }
}

/// The id of something that has a credential: a path or a query takes it with the credential's prefix, too.
protocol CredentialIdentifier: Identifier {
    static var kind: CredentialKind { get }
}

extension AccessTokenID: CredentialIdentifier { static var kind: CredentialKind { .accessToken } }
extension ManagementKeyID: CredentialIdentifier { static var kind: CredentialKind { .managementKey } }
extension InvitationID: CredentialIdentifier { static var kind: CredentialKind { .invitation } }

extension CredentialIdentifier {
    /// Throws a 404 ``Problem`` for what is no id of this kind, and for a whole credential.
    init(reference text: String) throws(Problem) {
        guard let reference = CredentialReference(text), !reference.heldSecret,
            reference.kind == nil || reference.kind == Self.kind, let id = Self(reference.id)
        else { throw .noSuch(Problem.Kind(Self.kind), named: text) }
        self = id
    }
}
