/// An audit event's place and hash, written `SEQ:HASH`. Kept elsewhere, the last one proves later that no
/// event up to it was changed or removed.
package struct AuditHead: Hashable, Sendable, CustomStringConvertible {
    /// 0 where there is no event.
    package let sequence: Int64
    package let hash: AuditHash

    package init(sequence: Int64, hash: AuditHash) {
        self.sequence = sequence
        self.hash = hash
    }

    /// nil where the text is not a number from 0 up, a colon and 64 hexadecimal digits.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let sequence = Int64(parts[0]), sequence >= 0, let hash = AuditHash(parts[1])
        else { return nil }
        self.init(sequence: sequence, hash: hash)
    }

    package var description: String { "\(sequence):\(hash)" }
}
