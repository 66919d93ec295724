import Admin
import Domain
import Foundation
import Vault

/// Things as people name them: by their id in any form, or by their name where that is the name of one thing
/// alone.
extension ManagementClient {
    /// What is told of a thing with a name.
    private struct Entry {
        var id: String
        /// As `active`.
        var status: String
        /// False of what works no more: where another has the same name, that is meant.
        var works: Bool
    }

    private static let named: [Problem.Kind] = [.project, .accessToken, .managementKey, .invitation]

    /// The id of what is meant. A text with a prefix (`lk_…`) is not looked up: the server says where there
    /// is none.
    func id(of kind: Problem.Kind, _ text: String) throws -> String {
        // The link of an invitation.
        let text = text.contains("/claim#") ? String(text.split(separator: "#").last ?? "") : text
        if let reference = CredentialReference(text), let own = reference.kind {
            guard Problem.Kind(own) == kind else {
                throw Self.isOther(Problem.Kind(own), than: kind, reference.publicText)
            }
            return reference.id
        }
        if AccessTokenID(text) != nil, try answer(kind, text) != nil { return text }
        if let entry = try one(of: entries(of: kind, named: text), kind, text) { return entry.id }
        // A key with a small role may not look at all of them.
        for other in Self.named where other != kind && (try? isAny(other, text)) == true {
            throw Self.isOther(other, than: kind, text)
        }
        throw CommandFailure(
            .failed, "there is no \(kind.rawValue) '\(text)'", hint: "'\(kind.listCommand)' lists them")
    }

    /// The id of a credential of a project, which may be named by its name.
    func credential(_ text: String, of project: String) throws -> String {
        guard CredentialID(text) == nil else { return text }
        let answer = try send("GET", ProjectCommand.path(project) + "/credentials")
        let items = try decode(PageResource<CredentialResource>.self, from: answer).items
        let named = items.filter { $0.name == text }.map { Entry(id: $0.id, status: $0.status, works: true) }
        return try one(of: named, .credential, text)?.id ?? text
    }

    /// The id of what an event is about; the text itself where nothing is called so, for there are other
    /// subjects.
    func subject(_ text: String) throws -> String {
        if let reference = CredentialReference(text), reference.kind != nil { return reference.id }
        let found = try Self.named.compactMap { kind in
            try one(of: entries(of: kind, named: text), kind, text).map { (kind: kind, id: $0.id) }
        }
        guard found.count > 1 else { return found.first?.id ?? text }
        throw CommandFailure(
            .failed, "\(found.map(\.kind.phrase).joined(separator: " and ")) are called '\(text)'",
            hint:
                "give the id of one: "
                + "\(found.map { "\($0.id) (\($0.kind.rawValue))" }.joined(separator: ", "))"
        )
    }

    /// Who did something: the id of a management key, or the text itself where it is of another kind.
    func principal(_ text: String) throws -> String {
        let words = [Principal.console, .system, .holder, .github].map(\.description)
        let isOther = words.contains(text) || text.contains(":")
        return isOther || CredentialReference(text) != nil ? text : try id(of: .managementKey, text)
    }

    private func one(of entries: [Entry], _ kind: Problem.Kind, _ name: String) throws -> Entry? {
        let working = entries.filter(\.works)
        if let only = working.first ?? entries.first, working.count == 1 || entries.count <= 1 { return only }
        guard !entries.isEmpty else { return nil }
        let candidates = working.isEmpty ? entries : working
        let shown = candidates.prefix(10).map { "\($0.id) (\($0.status))" }
        throw CommandFailure(
            .failed, "\(candidates.count) \(kind.rawValue)s are called '\(name)'",
            hint: "give the id of one: "
                + (shown + (candidates.count > 10 ? ["…"] : [])).joined(separator: ", "))
    }

    private func isAny(_ kind: Problem.Kind, _ text: String) throws -> Bool {
        if AccessTokenID(text) != nil, kind != .project, try answer(kind, text) != nil { return true }
        return try !entries(of: kind, named: text).isEmpty
    }

    /// nil where it is not there.
    private func answer(_ kind: Problem.Kind, _ id: String) throws -> Data? {
        do {
            return try send("GET", "\(kind.path)/\(Self.escape(id))")
        } catch let failure as CommandFailure where failure.refusal?.status == 404 {
            return nil
        }
    }

    private func entries(of kind: Problem.Kind, named name: String) throws -> [Entry] {
        guard (1...100).contains(name.count) else { return [] }
        switch kind {
        case .project:
            guard ProjectName(name) != nil, let answer = try answer(kind, name) else { return [] }
            let project = try decode(ProjectResource.self, from: answer)
            return [Entry(id: project.id, status: project.state, works: true)]
        case .accessToken:
            return try all(AccessTokenResource.self, kind.path, query: ["name": name])
                .filter { $0.name == name }
                .map {
                    Entry(id: $0.id, status: $0.status, works: ["active", "suspended"].contains($0.status))
                }
        case .managementKey:
            return try all(ManagementKeyResource.self, kind.path, query: ["q": name])
                .filter { $0.name == name }
                .map {
                    let works = $0.revokedAt == nil
                    return Entry(id: $0.id, status: works ? "active" : "revoked", works: works)
                }
        case .invitation:
            return try all(InvitationResource.self, kind.path, query: ["q": name])
                .filter { $0.name == name }
                .map { Entry(id: $0.id, status: $0.status, works: $0.status == "open") }
        case .credential, .backup, .price: return []
        }
    }

    private static func isOther(_ other: Problem.Kind, than kind: Problem.Kind, _ text: String)
        -> CommandFailure
    {
        let hint =
            other == .project && kind == .accessToken
            ? "'latchkey token list --project \(text)' lists its access tokens"
            : "'latchkey \(other.command) --help' tells what can be done with it"
        return CommandFailure(.failed, "\(text) is \(other.phrase), not \(kind.phrase)", hint: hint)
    }
}

extension Problem.Kind {
    /// The subcommand that is about it.
    fileprivate var command: String {
        switch self {
        case .project: "project"
        case .accessToken: "token"
        case .managementKey: "key"
        case .invitation: "invitation"
        case .credential: "credential"
        case .backup: "backup"
        case .price: "price"
        }
    }

    /// Where one is found by its id.
    fileprivate var path: String {
        switch self {
        case .project: "/manage/projects"
        case .accessToken: "/manage/tokens"
        case .managementKey: "/manage/keys"
        case .invitation: "/manage/invitations"
        case .credential: "/manage/credentials"
        case .backup: "/manage/backups"
        case .price: "/manage/prices"
        }
    }

    /// What shows all of them.
    var listCommand: String { "latchkey \(command) list" + (self == .credential ? " PROJECT" : "") }
}
