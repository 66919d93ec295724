import Domain
import Foundation
import GRDB

/// Rows become values here. What no version could have written is `corrupt`, never a crash.
extension Row {
    /// nil where the column holds NULL.
    func optional<Value: DatabaseValueConvertible>(_ column: String, as: Value.Type = Value.self) throws
        -> Value?
    {
        guard let stored: DatabaseValue = self[column] else { throw StoreError.corrupt }
        guard !stored.isNull else { return nil }
        guard let value = Value.fromDatabaseValue(stored) else { throw StoreError.corrupt }
        return value
    }

    func value<Value: DatabaseValueConvertible>(_ column: String, as: Value.Type = Value.self) throws -> Value
    {
        guard let value: Value = try optional(column) else { throw StoreError.corrupt }
        return value
    }

    func parsed<Value>(_ column: String, by parse: (String) -> Value?) throws -> Value {
        guard let value = parse(try value(column)) else { throw StoreError.corrupt }
        return value
    }

    /// nil where the column holds NULL.
    func optionalParsed<Value>(_ column: String, by parse: (String) -> Value?) throws -> Value? {
        guard let text: String = try optional(column) else { return nil }
        guard let value = parse(text) else { throw StoreError.corrupt }
        return value
    }

    func moment(_ column: String) throws -> Timestamp { Timestamp(milliseconds: try value(column)) }

    func optionalMoment(_ column: String) throws -> Timestamp? {
        try optional(column, as: Int64.self).map(Timestamp.init(milliseconds:))
    }

    func bytes(_ column: String) throws -> [UInt8] { Array(try value(column, as: Data.self)) }

    func hash(_ column: String) throws -> CredentialHash {
        guard let hash = CredentialHash(bytes: try bytes(column)) else { throw StoreError.corrupt }
        return hash
    }

    func project() throws -> Project {
        var project = Project(
            id: try parsed("id") { ProjectID($0) }, name: try parsed("name") { ProjectName($0) },
            upstream: try parsed("upstream") { try? UpstreamURL(parsing: $0) },
            state: try parsed("state") { Project.State(rawValue: $0) },
            createdAt: try moment("created_at"), updatedAt: try moment("updated_at"))
        project.timeZone = try value("time_zone")
        project.streamUsage = try parsed("stream_usage") { StreamUsage(rawValue: $0) }
        project.unpriced = try parsed("unpriced") { UnpricedRule($0) }
        project.unboundedOutput = try parsed("unbounded_output") { UnboundedOutput(rawValue: $0) }
        project.unknownEndpoints = try parsed("unknown_endpoints") { UnknownEndpoints(rawValue: $0) }
        project.openAIOrganization = try optional("openai_organization")
        project.openAIProject = try optional("openai_project")
        project.description = try optionalParsed("description") { Description($0) }
        return project
    }

    func upstreamCredential() throws -> UpstreamCredential {
        var credential = UpstreamCredential(
            id: try parsed("id") { CredentialID($0) }, project: try parsed("project") { ProjectID($0) },
            name: try parsed("name") { Label($0) }, version: try value("version"),
            sealed: try bytes("sealed"),
            createdAt: try moment("created_at"))
        credential.upstream = try parsed("upstream") { try? UpstreamURL(parsing: $0) }
        credential.retiredAt = try optionalMoment("retired_at")
        credential.keptUntil = try optionalMoment("kept_until")
        return credential
    }

    func accessToken() throws -> AccessToken {
        var accessToken = AccessToken(
            id: try parsed("id") { AccessTokenID($0) }, project: try parsed("project") { ProjectID($0) },
            name: try parsed("name") { Label($0) }, hash: try hash("hash"),
            createdAt: try moment("created_at"),
            expiresAt: try optionalMoment("expires_at"), expiredAt: try optionalMoment("expired_at"),
            revokedAt: try optionalMoment("revoked_at"))
        accessToken.lineage = try parsed("lineage") { AccessTokenID($0) }
        accessToken.grants = try grants()
        accessToken.lastUsedAt = try optionalMoment("last_used_at")
        accessToken.isHoney = try value("honey", as: Int.self) != 0
        accessToken.suspendedAt = try optionalMoment("suspended_at")
        accessToken.rotatedFrom = try optionalParsed("rotated_from") { AccessTokenID($0) }
        accessToken.rotatedTo = try optionalParsed("rotated_to") { AccessTokenID($0) }
        accessToken.owner = try optionalParsed("owner") { Label($0) }
        accessToken.labels = try labels()
        accessToken.description = try optionalParsed("description") { Description($0) }
        return accessToken
    }

    func managementKey() throws -> ManagementKey {
        ManagementKey(
            id: try parsed("id") { ManagementKeyID($0) }, name: try parsed("name") { Label($0) },
            hash: try hash("hash"), role: try parsed("role") { Role(rawValue: $0) },
            project: try optionalProject("project"), createdAt: try moment("created_at"),
            revokedAt: try optionalMoment("revoked_at"))
    }

    private func optionalProject(_ column: String) throws -> ProjectID? {
        guard let text = try optional(column, as: String.self) else { return nil }
        guard let project = ProjectID(text) else { throw StoreError.corrupt }
        return project
    }

    func sealedKey() throws -> SealedKey {
        SealedKey(id: try value("id"), version: try value("version"), sealed: try bytes("sealed"))
    }

    func auditRecord() throws -> AuditRecord {
        let details = try parsed("details") {
            try? JSONDecoder().decode([[String]].self, from: Data($0.utf8))
        }
        guard details.allSatisfy({ $0.count == 2 }) else { throw StoreError.corrupt }
        return AuditRecord(
            sequence: try value("seq"), at: try moment("at"),
            event: AuditEvent(
                principal: try parsed("principal", by: Self.principal).calling(
                    from: try optional("address", as: String.self).flatMap { IPAddress($0) }),
                action: try parsed("action") { AuditEvent.Action(rawValue: $0) },
                subject: try value("subject"),
                details: details.map { AuditEvent.Detail($0[0], $0[1]) }))
    }

    private static func principal(_ text: String) -> Principal? {
        switch text {
        case Principal.console.description: return .console
        case Principal.system.description: return .system
        case Principal.holder.description: return .holder
        case Principal.github.description: return .github
        default:
            let parts = text.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            switch parts[0] {
            case "management_key": return ManagementKeyID(parts[1]).map { .managementKey($0) }
            case "invitation": return InvitationID(parts[1]).map { .invitation($0) }
            default: return nil
            }
        }
    }
}
