import Vault

/// Where a credential stands. Never holds more of it than its public id.
struct ScanFinding: Encodable, Equatable {
    /// `access_token` or `management_key`.
    var kind: String
    var id: String
    /// The file, or the object of a git repository.
    var path: String
    /// From 1; nil where there are no lines.
    var line: Int?

    private enum CodingKeys: CodingKey { case kind, id, path, line }

    init(_ finding: CredentialScanner.Finding, path: String, line: Int?) {
        switch finding.kind {
        case .accessToken: kind = "access_token"
        case .managementKey: kind = "management_key"
        }
        id = String(decoding: finding.idDigits, as: UTF8.self)
        self.path = path
        self.line = line
    }

    /// `path:line: access token lk_<id>_…`.
    var text: String {
        let place = line.map { "\(path):\($0)" } ?? path
        return kind == "access_token"
            ? "\(place): access token lk_\(id)_…" : "\(place): management key lkm_\(id)_…"
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
