import Domain
import GRDB

/// A row of `invitations`: its own columns, and those of the grants that it is for.
extension Invitation: Record {
    enum Column: Int32, RecordColumn {
        case id, hash, project, name, owner, labels, lifetime, limits, createdAt, expiresAt, revokedAt
        case claimedAt, claimedFrom, accessToken
    }

    static let table = RecordTable<Column>("invitations", followedBy: Grants.Column.columnNames)

    init(from row: RecordRow<Column>) throws {
        var order = AccessTokenOrder(
            project: try row.parsed(.project) { ProjectID($0) }, name: try row.parsed(.name) { Label($0) },
            lifetime: try row.parsed(.lifetime) { Lifetime(stored: $0) })
        order.owner = try row.optionalParsed(.owner) { Label($0) }
        order.labels = try row.optionalParsed(.labels) { LabelSet(json: $0) } ?? LabelSet()
        order.limits = try LimitSet(stored: row.list(.limits) { try? Limit(parsing: $0) })
        order.grants = try Grants(from: row.rest())
        self.init(
            id: try row.parsed(.id) { InvitationID($0) }, hash: try row.hash(.hash), order: order,
            createdAt: try row.moment(.createdAt), expiresAt: try row.moment(.expiresAt))
        revokedAt = try row.optionalMoment(.revokedAt)
        if let moment = try row.optionalMoment(.claimedAt) {
            claim = Claim(
                at: moment, address: try row.optionalParsed(.claimedFrom) { IPAddress($0) },
                accessToken: try row.parsed(.accessToken) { AccessTokenID($0) })
        }
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .id: id.rawValue
        case .hash: hash.bytes.data
        case .project: order.project.rawValue
        case .name: order.name.rawValue
        case .owner: order.owner?.rawValue
        case .labels: order.labels.json
        case .lifetime: order.lifetime.stored
        case .limits: order.limits.stored
        case .createdAt: createdAt.milliseconds
        case .expiresAt: expiresAt.milliseconds
        case .revokedAt: revokedAt?.milliseconds
        case .claimedAt: claim?.at.milliseconds
        case .claimedFrom: claim?.address?.description
        case .accessToken: claim?.accessToken.rawValue
        }
    }

    var rest: StatementArguments { order.grants.values }
}

extension Lifetime {
    fileprivate init?(stored text: String) {
        let words = text.split(separator: " ")
        switch (words.first, words.count == 2 ? Int64(words[1]) : nil) {
        case ("endless", nil) where words.count == 1: self = .endless
        case ("seconds", let seconds?): self = .seconds(seconds)
        case ("until", let milliseconds?): self = .until(Timestamp(milliseconds: milliseconds))
        default: return nil
        }
    }

    var stored: String {
        switch self {
        case .endless: "endless"
        case .seconds(let seconds): "seconds \(seconds)"
        case .until(let moment): "until \(moment.milliseconds)"
        }
    }
}

extension LimitSet {
    fileprivate init(stored limits: [Limit]?) throws(StoreError) {
        guard let limits, let set = try? LimitSet(limits) else { throw .corrupt }
        self = set
    }

    fileprivate var stored: String {
        var writer = JSONWriter()
        writer.array { list in
            for limit in limits { list.element(limit.description) }
        }
        return writer.text
    }
}
