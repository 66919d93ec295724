import Domain
import Vault

/// A scan finds what trying every place finds, however the bytes come in pieces.
enum ScanPromises {
    static func check(_ input: [UInt8]) throws(BrokenPromise) {
        try compare(input)
        // Random bytes seldom hold a credential, so the same once more with one in their middle.
        let middle = input.count / 2
        for kind in CredentialKind.allCases {
            try compare(input[..<middle] + credential(kind, from: input) + input[middle...])
        }
    }

    /// Well-formed, its digits taken from `input`.
    private static func credential(_ kind: CredentialKind, from input: [UInt8]) -> [UInt8] {
        let digits = (0..<54).map { $0 < input.count ? Base62.alphabet[Int(input[$0]) % 62] : 0x30 }
        // A secret that begins with 0 is below 2^256.
        let covered = digits[..<12] + [0x5F, 0x30] + digits[12...]
        return kind.prefix.description.utf8 + covered
            + Base62.encode(UInt64(CredentialPromises.crc(covered)), width: 6)
    }

    private static func compare(_ text: [UInt8]) throws(BrokenPromise) {
        let expected = places(of: text)
        try BrokenPromise.unless(scan([text]) == expected, "a scan finds what every place has")
        for size in [1, 40, 66] {
            let pieces = stride(from: 0, to: text.count, by: size).map {
                Array(text[$0..<min($0 + size, text.count)])
            }
            try BrokenPromise.unless(scan(pieces) == expected, "pieces change nothing")
        }
    }

    private static func scan(_ pieces: [[UInt8]]) -> [Int] {
        var scanner = CredentialScanner()
        var offsets: [Int] = []
        for piece in pieces {
            piece.withUnsafeBytes { scanner.scan($0) { finding, _ in offsets.append(finding.offset) } }
        }
        return offsets
    }

    private static func places(of text: [UInt8]) -> [Int] {
        text.indices.filter { start in
            CredentialKind.allCases.contains { kind in
                let count = CredentialFormat.byteCount(of: kind)
                guard start + count <= text.count else { return false }
                return text[start..<start + count].withUnsafeBytes {
                    CredentialFormat.isWellFormed($0, kind: kind)
                }
            }
        }
    }
}
