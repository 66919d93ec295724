import Domain
import GRDB

/// A row of `access_tokens`: its own columns, and those of its grants.
extension AccessToken: Record {
    enum Column: Int32, RecordColumn {
        case id, project, name, hash, createdAt, expiresAt, expiredAt, revokedAt, suspendedAt
        case lineage, rotatedFrom, rotatedTo, owner, labels, description, honey, lastUsedAt
    }

    static let table = RecordTable<Column>("access_tokens", followedBy: Grants.Column.columnNames)

    init(from row: RecordRow<Column>) throws {
        self.init(
            id: try row.parsed(.id) { AccessTokenID($0) },
            project: try row.parsed(.project) { ProjectID($0) },
            name: try row.parsed(.name) { Label($0) }, hash: try row.hash(.hash),
            createdAt: try row.moment(.createdAt), expiresAt: try row.optionalMoment(.expiresAt),
            expiredAt: try row.optionalMoment(.expiredAt), revokedAt: try row.optionalMoment(.revokedAt))
        suspendedAt = try row.optionalMoment(.suspendedAt)
        lineage = try row.parsed(.lineage) { AccessTokenID($0) }
        rotatedFrom = try row.optionalParsed(.rotatedFrom) { AccessTokenID($0) }
        rotatedTo = try row.optionalParsed(.rotatedTo) { AccessTokenID($0) }
        owner = try row.optionalParsed(.owner) { Label($0) }
        labels = try row.optionalParsed(.labels) { LabelSet(json: $0) } ?? LabelSet()
        description = try row.optionalParsed(.description) { Description($0) }
        isHoney = try row.flag(.honey)
        lastUsedAt = try row.optionalMoment(.lastUsedAt)
        grants = try Grants(from: row.rest())
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .id: id.rawValue
        case .project: project.rawValue
        case .name: name.rawValue
        case .hash: hash.bytes.data
        case .createdAt: createdAt.milliseconds
        case .expiresAt: expiresAt?.milliseconds
        case .expiredAt: expiredAt?.milliseconds
        case .revokedAt: revokedAt?.milliseconds
        case .suspendedAt: suspendedAt?.milliseconds
        case .lineage: lineage.rawValue
        case .rotatedFrom: rotatedFrom?.rawValue
        case .rotatedTo: rotatedTo?.rawValue
        case .owner: owner?.rawValue
        case .labels: labels.json
        case .description: description?.rawValue
        case .honey: isHoney ? 1 : 0
        case .lastUsedAt: lastUsedAt?.milliseconds
        }
    }

    var rest: StatementArguments { grants.values }
}
