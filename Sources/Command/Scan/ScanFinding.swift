import Vault

/// Where a credential stands. Never holds more of it than its public id.
struct ScanFinding: Encodable, Equatable {
    /// `access_token`, `management_key` or `invitation`.
    var kind: String
    private let prefix: String
    var id: String
    /// The file, or the object of a git repository.
    var path: String
    /// From 1; nil where there are no lines.
    var line: Int?

    private enum CodingKeys: CodingKey { case kind, id, path, line }

    init(_ finding: CredentialScanner.Finding, path: String, line: Int?) {
        kind = Self.name(of: finding.kind)
        prefix = finding.kind.prefix.description
        id = String(decoding: finding.idDigits, as: UTF8.self)
        self.path = path
        self.line = line
    }

    /// `path:line: access token lk_<id>_…`.
    var text: String {
        let place = line.map { "\(path):\($0)" } ?? path
        return "\(place): \(kind.replacing("_", with: " ")) \(prefix)\(id)_…"
    }

    private static func name(of kind: CredentialKind) -> String {
        switch kind {
        case .accessToken: "access_token"
        case .managementKey: "management_key"
        case .invitation: "invitation"
        }
    }

    /// `line` is written as `null` where there is none.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .kind)
        try container.encode(id, forKey: .id)
        try container.encode(path, forKey: .path)
        try container.encode(line, forKey: .line)
    }
}
