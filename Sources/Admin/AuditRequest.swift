import Domain
import Storage
import Vault

/// The query of `GET /manage/audit` and of its export, parsed strictly.
struct AuditRequest {
    static let names: Set<String> = [
        "from", "to", "action", "principal", "subject", "project", "q",
    ]

    let query: AuditQuery

    /// `project`: finds one by id or name, or throws.
    init(
        _ parameters: [String: String], project: (String) async throws -> Project
    ) async throws {
        var query = AuditQuery()
        query.from = try Self.moment(parameters, "from")
        query.to = try Self.moment(parameters, "to")
        if let from = query.from, let to = query.to, from >= to {
            throw Self.invalid("to", "it has to lie behind 'from'")
        }
        query.action = try parameters["action"].map(Self.action)
        query.principal = try parameters["principal"].map(Self.principal)
        query.subject = try parameters["subject"].map(Self.subject)
        query.search = parameters["q"]
        if let reference = parameters["project"] {
            do {
                query.project = try await project(reference).id
            } catch let problem as Problem where problem.status == 404 {
                throw problem.pointing(to: "?project")
            }
        }
        self.query = query
    }

    private static func invalid(_ name: String, _ detail: String) -> Problem {
        .invalidFields([.init(pointer: "?\(name)", detail)])
    }

    private static func moment(_ parameters: [String: String], _ name: String) throws(Problem) -> Timestamp? {
        guard let text = parameters[name] else { return nil }
        guard let moment = Timestamp(rfc3339: text) ?? Timestamp(rfc3339: text + "T00:00:00Z") else {
            throw invalid(name, "it has to be a date (UTC), or an RFC 3339 time, as 2026-11-01T12:00:00Z")
        }
        return moment
    }

    /// Events of actions that no version of ours knows any more can be asked for all the same.
    private static func action(_ text: String) throws(Problem) -> String {
        guard (1...64).contains(text.utf8.count), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw invalid("action", "it has to be an action, as token.revoke, or what stands before the dot")
        }
        return text
    }

    /// Also as scans and logs show an id: `lk_000000000001_…`.
    private static func subject(_ text: String) throws(Problem) -> String {
        guard let reference = CredentialReference(text) else { return text }
        guard let kind = reference.kind, reference.heldSecret else { return reference.id }
        throw Problem.secretGiven(for: Problem.Kind(kind)).pointing(to: "?subject")
    }

    private static func principal(_ text: String) throws(Problem) -> String {
        do {
            if let reference = CredentialReference(text) {
                return reference.kind == .invitation
                    ? Principal.invitation(try InvitationID(reference: text)).description
                    : Principal.managementKey(try ManagementKeyID(reference: text)).description
            }
        } catch {
            throw error.pointing(to: "?principal")
        }
        guard (1...400).contains(text.utf8.count) else {
            throw invalid(
                "principal", "it has to be a management key's id, console, system, or as it is listed")
        }
        return text
    }
}
