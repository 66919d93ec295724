import Admin
import ArgumentParser
import Foundation
import Vault

/// `latchkey token revoke --leaked`: all that stand in a text.
extension TokenCommand {
    /// Takes the text from standard input; of it, only the credentials are sent.
    static func revokeLeaked(_ client: ManagementClient, dryRun: Bool, since: String?, json: Bool) throws {
        if isatty(STDIN_FILENO) == 1 {
            Console.printError("Paste the text, then press Enter and Ctrl-D.")
        }
        var found = LeakedText()
        do throws(ReadFailure) {
            try PieceReader(descriptor: STDIN_FILENO).read { found.scan($0) }
        } catch {
            throw CommandFailure(
                .failed, "cannot read standard input: \(error.reason)", hint: "nothing was revoked")
        }
        var query = dryRun ? ["dry_run=true"] : []
        if let since { query.append("usage_since=" + ManagementClient.escape(since)) }
        let path = "/manage/tokens/revoke-leaked" + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
        let answer = try client.send("POST", path, text: found.credentials)
        guard !json else { return Console.print(answer) }
        let report = try client.decode(LeakReportResource.self, from: answer)
        Console.print(text(report))
        suggestReissue(of: report.tokens.filter { $0.outcome == .revoked }.map(\.id))
    }

    static func text(_ report: LeakReportResource) -> String {
        var parts: [String] = []
        if !report.tokens.isEmpty {
            let rows = report.tokens.map { token in
                [
                    token.id, token.projectName, token.name, words(token.outcome),
                    token.lastUsedAt ?? "never",
                    String(token.usage.amounts.requests),
                    String(token.usage.amounts.promptTokens + token.usage.amounts.completionTokens),
                    token.usage.amounts.costUSD,
                ]
            }
            let titles = [
                "id", "project", "name", "outcome", "last used", "requests", "tokens", "cost USD",
            ]
            parts.append(Table(titles: titles, rows: rows, numbers: 5..<8).text)
        }
        if !report.managementKeys.isEmpty {
            let rows = report.managementKeys.map { [$0.id, $0.name, $0.role, words($0.outcome)] }
            parts.append(Table(titles: ["management key", "name", "role", "outcome"], rows: rows).text)
        }
        if !report.invitations.isEmpty {
            let rows = report.invitations.map { invitation in
                [
                    invitation.id, invitation.projectName, invitation.name, words(invitation.outcome),
                    invitation.tokenID ?? "",
                ]
            }
            let titles = ["invitation", "project", "name", "outcome", "token"]
            parts.append(Table(titles: titles, rows: rows).text)
        }
        let none = parts.isEmpty ? "No credential of this server. " : ""
        parts.append(none + "Not of this server, or out of reach: \(report.unknown).")
        return parts.joined(separator: "\n\n")
    }

    private static func words(_ outcome: LeakOutcome) -> String {
        switch outcome {
        case .revoked: "revoked"
        case .alreadyRevoked: "was revoked before"
        case .wouldBeRevoked: "would be revoked"
        case .honey: "honey, stays"
        case .lastKey: "the last key, stays"
        case .needsAdmin: "needs the role admin"
        case .claimed: "was claimed before"
        case .expired: "was over before"
        }
    }
}

/// The credentials of a text, and nothing else of it.
struct LeakedText {
    private var scanner = CredentialScanner()
    private var known: Set<[UInt8]> = []
    /// Each once, on a line of its own.
    private(set) var credentials = Data()

    mutating func scan(_ piece: UnsafeRawBufferPointer) {
        scanner.scan(piece) { _, text in
            guard known.insert(Array(text)).inserted else { return }
            credentials.append(contentsOf: text)
            credentials.append(0x0A)
        }
    }
}
