import Domain

/// Finds every credential in any bytes, which may come in pieces, by form and checksum alone.
///
/// There are no word borders: a credential counts wherever its characters stand, also with letters or digits
/// right before or behind it, for a leak is often glued to other text. The checksum makes up for it: it finds
/// every change of a single character, and of a billion texts of the right form it takes less than one for a
/// credential.
///
/// A credential ends with 49 digits in a row behind a `_`, and most text has no such run. So only about every
/// 49th byte is looked at, and what lies before it up to the next byte that is no digit. No byte is looked at
/// twice in search of a run.
package struct CredentialScanner: Sendable {
    package struct Finding: Hashable, Sendable {
        package let kind: CredentialKind
        /// The 12 public digits, as `AccessTokenID(digits:)` takes them.
        package let idDigits: [UInt8]
        /// How many bytes there were before it, over all pieces.
        package let offset: Int
    }

    private static let longest =
        CredentialKind.allCases.map { CredentialFormat.byteCount(of: $0) }.max() ?? 0

    /// The last bytes of what was scanned: one less than a credential has.
    private var carried: [UInt8] = []
    private var byteCount = 0

    package init() {}

    /// Tells of each credential that ends in `piece`, in their order. Its text is valid during the call only.
    package mutating func scan(
        _ piece: UnsafeRawBufferPointer, found: (Finding, UnsafeRawBufferPointer) -> Void
    ) {
        let seam = carried.count
        let joint = unsafe carried + piece.prefix(Self.longest - 1)
        unsafe joint.withUnsafeBytes { bytes in
            unsafe Self.find(in: bytes, from: byteCount - seam) { finding, text in
                let start = finding.offset - (byteCount - seam)
                guard start < seam, start + text.count > seam else { return }
                unsafe found(finding, text)
            }
        }
        unsafe Self.find(in: piece, from: byteCount, found: found)
        byteCount += piece.count
        let isShort = piece.count < Self.longest
        carried = unsafe isShort ? joint.suffix(Self.longest - 1) : Array(piece.suffix(Self.longest - 1))
    }

    /// `offset`: of the first byte.
    private static func find(
        in bytes: UnsafeRawBufferPointer, from offset: Int,
        found: (Finding, UnsafeRawBufferPointer) -> Void
    ) {
        let tail = CredentialFormat.tailByteCount
        /// From `start` to below `checked` there are digits only, and before `start` is none.
        var start = 0
        var checked = 0
        while start + tail <= bytes.count {
            var index = start + tail - 1
            let next = index + 1
            while index >= checked, unsafe Base62.contains(bytes[index]) { index -= 1 }
            guard index < checked else {
                start = index + 1
                checked = next
                continue
            }
            if let (kind, place) = unsafe credential(endingWithRunAt: start, of: bytes) {
                let text = unsafe UnsafeRawBufferPointer(rebasing: bytes[place])
                let digits = place.lowerBound + kind.prefix.utf8CodeUnitCount
                let finding = unsafe Finding(
                    kind: kind, idDigits: Array(bytes[digits..<digits + CredentialFormat.idByteCount]),
                    offset: offset + place.lowerBound)
                unsafe found(finding, text)
            }
            index = next
            while index < bytes.count, unsafe Base62.contains(bytes[index]) { index += 1 }
            start = index + 1
            checked = start
        }
    }

    /// The credential whose last digits begin at `run`, if there is one.
    private static func credential(
        endingWithRunAt run: Int, of bytes: UnsafeRawBufferPointer
    ) -> (CredentialKind, Range<Int>)? {
        for kind in CredentialKind.allCases {
            let count = CredentialFormat.byteCount(of: kind)
            let start = run + CredentialFormat.tailByteCount - count
            guard start >= 0 else { continue }
            let place = start..<start + count
            let text = unsafe UnsafeRawBufferPointer(rebasing: bytes[place])
            if unsafe CredentialFormat.isWellFormed(text, kind: kind) { return (kind, place) }
        }
        return nil
    }
}
