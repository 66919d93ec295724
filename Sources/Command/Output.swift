import Foundation
import Vault

/// How results are printed: JSON for scripts, on standard output alone.
enum Output {
    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        Console.print(try encoder.encode(value))
    }

    /// A table as wide as the terminal, with a line on standard error where that is not all of it. `more`
    /// says what shows all.
    static func table(_ table: Table, isWide: Bool = false, more: String = "--wide shows all") {
        let layout = table.layout(within: isWide ? nil : Terminal.width)
        Console.print(layout.text)
        if !layout.hidden.isEmpty {
            Console.printError("Not shown: \(layout.hidden.joined(separator: ", ")). \(more).")
        } else if layout.isShortened {
            Console.printError("What ends in … goes on: \(more).")
        }
    }

    /// A new credential, alone on its line.
    static func secret(_ secret: Secret) { Console.print(reveal(secret)) }

    /// The text of a credential that is to be shown this one time.
    static func reveal(_ secret: Secret) -> String {
        secret.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}
