import Domain
import GRDB

/// A row of `upstream_credentials`.
extension UpstreamCredential: Record {
    enum Column: Int32, RecordColumn {
        case id, project, name, version, sealed, createdAt, upstream, retiredAt, keptUntil
    }

    static let table = RecordTable<Column>("upstream_credentials")

    init(from row: RecordRow<Column>) throws {
        self.init(
            id: try row.parsed(.id) { CredentialID($0) }, project: try row.parsed(.project) { ProjectID($0) },
            name: try row.parsed(.name) { Label($0) }, version: try row.value(.version),
            sealed: row.bytes(.sealed), createdAt: try row.moment(.createdAt))
        upstream = try row.parsed(.upstream) { try? UpstreamURL(parsing: $0) }
        retiredAt = try row.optionalMoment(.retiredAt)
        keptUntil = try row.optionalMoment(.keptUntil)
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .id: id.rawValue
        case .project: project.rawValue
        case .name: name.rawValue
        case .version: version
        case .sealed: sealed.data
        case .createdAt: createdAt.milliseconds
        case .upstream: upstream.description
        case .retiredAt: retiredAt?.milliseconds
        case .keptUntil: keptUntil?.milliseconds
        }
    }
}
