import Admin
import ArgumentParser
import Domain
import Foundation
import Vault

/// `latchkey token revoke --leaked`: all that stand in a text.
extension TokenCommand {
    /// Takes the text from standard input; of it, only the credentials are sent.
    /// `form`: all columns or those that fit; nil is JSON.
    static func revokeLeaked(_ client: ManagementClient, dryRun: Bool, since: String?, form isWide: Bool?)
        throws
    {
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
        guard let isWide else { return Console.print(answer) }
        let report = try client.decode(LeakReportResource.self, from: answer)
        show(report, isWide: isWide)
        suggestReissue(of: report.tokens.filter { $0.outcome == .revoked }.map(\.id))
    }

    private static func show(_ report: LeakReportResource, isWide: Bool) {
        let tables = [
            report.tokens.isEmpty ? nil : tokens(report), report.managementKeys.isEmpty ? nil : keys(report),
            report.invitations.isEmpty ? nil : invitations(report),
        ].compactMap { $0 }
        for table in tables {
            Output.table(table, isWide: isWide)
            Console.print("")
        }
        let none = tables.isEmpty ? "No credential of this server. " : ""
        Console.print(none + "Not of this server, or out of reach: \(report.unknown).")
    }

    static func tokens(_ report: LeakReportResource) -> Table {
        Table(
            columns: [
                .text("id"), .text("project", rank: 1, least: 10), .text("name", least: 12), .text("outcome"),
                .time("last used", rank: 2), .number("requests"), .number("tokens", rank: 3),
                .number("cost USD"),
            ],
            rows: report.tokens.map { token in
                let amounts = token.usage.amounts
                return [
                    token.id, token.projectName, token.name, words(token.outcome),
                    token.lastUsedAt ?? "never",
                    String(amounts.requests),
                    String(amounts.promptTokens.addingSaturated(amounts.completionTokens)),
                    amounts.costUSD,
                ]
            })
    }

    private static func keys(_ report: LeakReportResource) -> Table {
        Table(
            columns: [.text("management key"), .text("name", least: 12), .text("role"), .text("outcome")],
            rows: report.managementKeys.map { [$0.id, $0.name, $0.role, words($0.outcome)] })
    }

    private static func invitations(_ report: LeakReportResource) -> Table {
        Table(
            columns: [
                .text("invitation"), .text("project", rank: 1, least: 10), .text("name", least: 12),
                .text("outcome"), .text("token"),
            ],
            rows: report.invitations.map {
                [$0.id, $0.projectName, $0.name, words($0.outcome), $0.tokenID ?? "-"]
            })
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
