import Domain
import GRDB

/// A row of `management_keys`.
extension ManagementKey: Record {
    enum Column: Int32, RecordColumn {
        case id, name, hash, role, project, createdAt, revokedAt
    }

    static let table = RecordTable<Column>("management_keys")

    init(from row: RecordRow<Column>) throws {
        self.init(
            id: try row.parsed(.id) { ManagementKeyID($0) }, name: try row.parsed(.name) { Label($0) },
            hash: try row.hash(.hash), role: try row.parsed(.role) { Role(rawValue: $0) },
            project: try row.optionalParsed(.project) { ProjectID($0) },
            createdAt: try row.moment(.createdAt), revokedAt: try row.optionalMoment(.revokedAt))
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .id: id.rawValue
        case .name: name.rawValue
        case .hash: hash.bytes.data
        case .role: role.rawValue
        case .project: project?.rawValue
        case .createdAt: createdAt.milliseconds
        case .revokedAt: revokedAt?.milliseconds
        }
    }
}
