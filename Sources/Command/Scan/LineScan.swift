import Foundation
import Vault

/// Scans one text piece by piece and knows on which line of it each credential stands.
struct LineScan {
    private var scanner = CredentialScanner()
    /// Line feeds before the piece that is scanned.
    private var lines = 0
    private var byteCount = 0

    mutating func scan(_ piece: UnsafeRawBufferPointer, found: (CredentialScanner.Finding, Int) -> Void) {
        let (first, start) = (lines, byteCount)
        scanner.scan(piece) { finding, _ in
            // No credential has a line feed in it: one that begins before the piece is on the line of its
            // start.
            let before = piece.prefix(max(0, finding.offset - start))
            found(finding, first + Self.lineFeeds(in: UnsafeRawBufferPointer(rebasing: before)) + 1)
        }
        lines += Self.lineFeeds(in: piece)
        byteCount += piece.count
    }

    private static func lineFeeds(in bytes: UnsafeRawBufferPointer) -> Int {
        guard var place = bytes.baseAddress else { return 0 }
        let end = place + bytes.count
        var count = 0
        while place < end, let next = memchr(place, 0x0A, end - place) {
            count += 1
            place = UnsafeRawPointer(next) + 1
        }
        return count
    }
}
