import Admin
import App
import ArgumentParser
import Domain
import Foundation

/// What a shell completes the values of arguments with. What only the server knows is asked of it, briefly
/// and silently: see ``Suggestions``.
extension CompletionKind {
    /// Names of projects.
    static var project: CompletionKind {
        .custom { _, _, _ in Suggestions.items(ProjectResource.self, "/manage/projects").map(\.name) }
    }

    /// Ids of access tokens.
    static var accessToken: CompletionKind {
        .custom { _, _, _ in Suggestions.items(AccessTokenResource.self, "/manage/tokens").map(\.id) }
    }

    /// Ids of access tokens of this status.
    static func accessToken(_ status: AccessToken.Status) -> CompletionKind {
        let path = "/manage/tokens?status=\(status.rawValue)"
        return .custom { _, _, _ in Suggestions.items(AccessTokenResource.self, path).map(\.id) }
    }

    static var managementKey: CompletionKind {
        .custom { _, _, _ in
            Suggestions.items(ManagementKeyResource.self, "/manage/keys?revoked=false").map(\.id)
        }
    }

    static var invitation: CompletionKind {
        .custom { _, _, _ in Suggestions.items(InvitationResource.self, "/manage/invitations").map(\.id) }
    }

    static var backup: CompletionKind {
        .custom { _, _, _ in
            Suggestions.items(BackupResource.self, "/manage/backups", isPaged: false).map(\.name)
        }
    }

    /// Ids of the retired upstream keys of the project that is named in front.
    static var retiredCredential: CompletionKind {
        .custom { words, index, _ in
            let path = words.prefix(index).last.map { ProjectCommand.path($0) + "/credentials" }
            return Suggestions.items(CredentialResource.self, path ?? "", isPaged: false)
                .filter { $0.status == "retired" }.map(\.id)
        }
    }

    /// Models that have a price.
    static var model: CompletionKind {
        .custom { _, _, _ in Suggestions.items(PriceResource.self, "/manage/prices").map(\.model) }
    }

    /// The raw values of a type that has few.
    static func words<Word: RawRepresentable & CaseIterable>(_: Word.Type) -> CompletionKind
    where Word.RawValue == String {
        .list(Word.allCases.map(\.rawValue))
    }

    /// `cost/month`, `concurrency`.
    static var limit: CompletionKind {
        .list(
            LimitMetric.allCases.flatMap { metric in
                metric == .concurrency
                    ? [metric.rawValue] : LimitWindow.allCases.map { "\(metric.rawValue)/\($0.rawValue)" }
            })
    }

    static var timeZone: CompletionKind {
        .custom { _, _, _ in TimeZone.knownTimeZoneIdentifiers + ["UTC"] }
    }

    /// This month and the eleven before it: `2026-11`.
    static var month: CompletionKind {
        .custom { _, _, _ in
            let parts = Timestamp.now().rfc3339.split(separator: "-").prefix(2).compactMap { Int($0) }
            guard parts.count == 2 else { return [] }
            return (0..<12).map { back in
                let month = parts[0] * 12 + parts[1] - 1 - back
                let number = month % 12 + 1
                return "\(month / 12)-\(number < 10 ? "0" : "")\(number)"
            }
        }
    }

    /// Some of `words` with commas: the words in front of the last comma stay, and are not offered again.
    static func commaSeparated(_ words: [String]) -> CompletionKind {
        .custom { _, _, begun in Suggestions.continuing(begun, with: words) }
    }
}
