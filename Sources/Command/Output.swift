import Foundation
import Vault

/// How results are printed: JSON for scripts, on standard output alone.
enum Output {
    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        Console.print(try encoder.encode(value))
    }

    /// A new credential, alone on its line.
    static func secret(_ secret: Secret) { Console.print(reveal(secret)) }

    /// The text of a credential that is to be shown this one time.
    static func reveal(_ secret: Secret) -> String {
        secret.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}
