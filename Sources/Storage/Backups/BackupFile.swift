import Domain
import Foundation

/// A copy of the store in the data folder's `backups`, named by its moment.
package struct BackupFile: Hashable, Sendable {
    /// `latchkey-2026-11-21T15-04-05.678Z.db`
    package let name: String
    package let bytes: Int64

    static let suffix = ".db"
    static let partialSuffix = ".partial"

    static func name(at now: Timestamp) -> String {
        "latchkey-" + now.rfc3339.replacing(":", with: "-") + suffix
    }

    /// Whether the text can be the name of one: it never leads out of the folder.
    package static func isName(_ text: String) -> Bool {
        let digits = text.dropFirst("latchkey-".count).dropLast(suffix.count)
        return text.hasPrefix("latchkey-") && text.hasSuffix(suffix) && (1...40).contains(digits.utf8.count)
            && digits.utf8.allSatisfy {
                (0x30...0x39).contains($0) || [0x2D, 0x2E, 0x54, 0x5A].contains($0)
            } && !text.contains("..")
    }
}
