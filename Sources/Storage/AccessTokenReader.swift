import Domain
import Foundation
import GRDB

/// Reads many access tokens, as the start does: by the places of their columns, and with each distinct list
/// of grants parsed once. What it reads is what `Row.accessToken()` would.
struct AccessTokenReader {
    static let columns = """
        id, project, name, hash, created_at, expires_at, expired_at, revoked_at, lineage, last_used_at, honey,
        suspended_at, rotated_from, rotated_to, owner, labels, models, endpoints, networks, not_before,
        idle_seconds, output_cap, unbounded_output
        """

    /// Then they are forgotten: there may be as many as access tokens.
    private static let capacity = 1000

    private var lists: [String: [String]] = [:]

    mutating func accessToken(from row: RawStatement) throws -> AccessToken {
        var accessToken = AccessToken(
            id: try row.parsed(0) { AccessTokenID($0) }, project: try row.parsed(1) { ProjectID($0) },
            name: try row.parsed(2) { Label($0) }, hash: try row.hash(3), createdAt: row.moment(4),
            expiresAt: row.optionalMoment(5), expiredAt: row.optionalMoment(6),
            revokedAt: row.optionalMoment(7))
        accessToken.lineage = try row.parsed(8) { AccessTokenID($0) }
        accessToken.lastUsedAt = row.optionalMoment(9)
        accessToken.isHoney = row.int(10) != 0
        accessToken.suspendedAt = row.optionalMoment(11)
        accessToken.rotatedFrom = try row.optionalParsed(12) { AccessTokenID($0) }
        accessToken.rotatedTo = try row.optionalParsed(13) { AccessTokenID($0) }
        accessToken.owner = try row.optionalParsed(14) { Label($0) }
        accessToken.labels = try row.optionalParsed(15) { LabelSet(json: $0) } ?? LabelSet()
        accessToken.grants.models = try list(row, 16) { ModelPattern($0) }
        accessToken.grants.endpoints = try list(row, 17) { EndpointKind(rawValue: $0) }.map { Set($0) }
        accessToken.grants.networks = try list(row, 18) { try? AddressRange(parsing: $0) }
        accessToken.grants.notBefore = row.optionalMoment(19)
        accessToken.grants.idleSeconds = row.isNull(20) ? nil : row.int(20)
        accessToken.grants.outputCap = try row.optionalParsed(21) { OutputCap($0) }
        accessToken.grants.unboundedOutput = try row.optionalParsed(22) { UnboundedOutput(rawValue: $0) }
        return accessToken
    }

    private mutating func list<Value>(
        _ row: RawStatement, _ column: Int32, by parse: (String) -> Value?
    ) throws -> [Value]? {
        guard !row.isNull(column) else { return nil }
        let text = row.text(column)
        let texts = try lists[text] ?? JSONDecoder().decode([String].self, from: Data(text.utf8))
        if lists.count == Self.capacity { lists.removeAll() }
        lists[text] = texts
        return try texts.map { text in
            guard let value = parse(text) else { throw StoreError.corrupt }
            return value
        }
    }
}

extension LabelSet {
    /// nil for what no version wrote.
    fileprivate init?(json text: String) {
        guard case .object(let members) = try? JSONValue(parsing: Array(text.utf8)) else { return nil }
        var values: [String: String] = [:]
        for member in members {
            guard let value = member.value.string else { return nil }
            values[member.key] = value
        }
        try? self.init(values)
    }
}
