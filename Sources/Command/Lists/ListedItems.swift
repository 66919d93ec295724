import Admin
import Domain

/// What the `list` commands list.
extension AccessTokenResource: ListedItem {
    static let sortKeys = ["name", "created_at", "expires_at", "last_used_at"]
    static let plural = "access tokens"
    static let firstStep = "latchkey token issue --project PROJECT --name NAME --expires-in 30d"
    static let columns: [Table.Column] = [
        .text("id"), .text("name", least: 12), .text("project", rank: 1, least: 10), .text("status"),
        .time("last used", rank: 2), .time("expires", rank: 3), .text("owner", rank: 4, least: 12),
        .text("labels", rank: 5, least: 12), .text("description", rank: 6, least: 12),
    ]
    var projectID: String? { project }

    func cells(_ projects: ProjectNames) -> [String] {
        [
            id, name, projects[project], honey ? "\(status), honey" : status, lastUsedAt ?? "never",
            expiresAt ?? "never", owner ?? "-", labels.isEmpty ? "-" : labelText,
            description ?? "-",
        ]
    }

    /// `env=prod, team=search`.
    var labelText: String {
        labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
    }
}

extension ManagementKeyResource: ListedItem {
    static let sortKeys = ["name", "created_at"]
    static let plural = "management keys"
    static let firstStep = "latchkey key create --name NAME --role admin"
    static let columns: [Table.Column] = [
        .text("id"), .text("name", least: 12), .text("role"), .text("project", rank: 1, least: 10),
        .time("created", rank: 3), .time("revoked", rank: 2),
    ]
    var projectID: String? { project }

    func cells(_ projects: ProjectNames) -> [String] {
        [id, name, role, project.map { projects[$0] } ?? "all", createdAt, revokedAt ?? "no"]
    }
}

extension InvitationResource: ListedItem {
    static let sortKeys = ["name", "created_at", "expires_at"]
    static let plural = "invitations"
    static let firstStep = "latchkey invitation create --project PROJECT --name NAME"
    static let columns: [Table.Column] = [
        .text("id"), .text("name", least: 12), .text("project", rank: 1, least: 10), .text("status"),
        .time("expires", rank: 3), .time("claimed", rank: 4), .text("from", rank: 5), .text("token", rank: 2),
        .text("owner", rank: 6, least: 12),
    ]
    var projectID: String? { project }

    func cells(_ projects: ProjectNames) -> [String] {
        [
            id, name, projects[project], status, expiresAt, claimedAt ?? "-", claimedFrom ?? "-",
            tokenID ?? "-", owner ?? "-",
        ]
    }
}

extension AlarmResource: ListedItem {
    static let sortKeys = ["at"]
    static let plural = "alarms"
    static let firstStep = "latchkey alarm test"
    static let columns: [Table.Column] = [
        .text("id", rank: 4), .time("at"), .text("kind"), .text("subject"),
        .text("project", rank: 1, least: 10),
        .text("state", rank: 2), .number("attempts", rank: 3),
    ]
    var projectID: String? { project }

    func cells(_ projects: ProjectNames) -> [String] {
        [id, at, kind, subject, project.map { projects[$0] } ?? "none", state, String(attempts)]
    }
}

extension AuditEventResource: ListedItem {
    static let sortKeys = ["seq"]
    static let standardLimit: Int? = 100
    static let plural = "events"
    static let firstStep = "latchkey project create NAME --upstream-key-file FILE"
    static let columns: [Table.Column] = [
        .number("seq", rank: 4), .time("at"), .text("principal", rank: 2), .text("address", rank: 3),
        .text("action"),
        .text("subject", least: 17), .text("details", rank: 1, least: 20),
    ]

    func cells(_: ProjectNames) -> [String] {
        let details = details.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return [
            String(seq), at, principal, address ?? "-", action, subject, details.joined(separator: " "),
        ]
    }
}

extension PriceResource: ListedItem {
    static let sortKeys = ["model"]
    static let plural = "prices"
    static let firstStep = "latchkey price set MODEL --prompt AMOUNT --completion AMOUNT"
    static let columns: [Table.Column] = [
        .text("model"), .number("prompt"), .number("cached", rank: 1), .number("completion"),
        .text("origin", rank: 2),
    ]

    func cells(_: ProjectNames) -> [String] {
        let amounts = ["prompt", "cached_prompt", "completion"].map { price?[$0]?.string ?? "-" }
        return [model] + amounts + [origin]
    }
}

extension CredentialResource: ListedItem {
    static let sortKeys = ["name", "created_at"]
    static let plural = "upstream keys"
    static let firstStep = "latchkey credential set PROJECT --upstream-key-file FILE"
    static let columns: [Table.Column] = [
        .text("id"), .text("name", least: 12), .text("status"), .time("created", rank: 2),
        .time("retired", rank: 3),
        .time("kept until", rank: 1),
    ]

    func cells(_: ProjectNames) -> [String] {
        [id, name, status, createdAt, retiredAt ?? "-", keptUntil ?? "-"]
    }
}

extension BackupResource: ListedItem {
    static let sortKeys = ["name", "bytes"]
    static let plural = "backups"
    static let firstStep = "latchkey backup"
    static let columns: [Table.Column] = [.text("name"), .number("bytes")]

    func cells(_: ProjectNames) -> [String] { [name, String(bytes)] }
}
