import Domain
import Glibc
import NIOCore
import Vault

/// Finds our own credentials where they do not belong: in other header fields than Authorization, which would
/// take them to the provider, and in the URL, which ends up in logs. Bodies are not searched.
///
/// They are known by form and checksum. One pass over the head looks for `_`, which is behind their prefix
/// and rare elsewhere.
enum CarriedCredentials {
    /// The names of the fields that hold one, in lower case. Throws where the target or `Content-Type` does.
    static func fieldNames(in head: borrowing RequestHead) throws(Rejection) -> [String] {
        let found = head.bytes.withUnsafeReadableBytes { bytes in
            Result { () throws(Rejection) in try fieldNames(in: bytes, of: head) }
        }
        return try found.get()
    }

    private static func fieldNames(
        in bytes: UnsafeRawBufferPointer, of head: borrowing RequestHead
    ) throws(Rejection) -> [String] {
        let target = UnsafeRawBufferPointer(rebasing: bytes[head.target])
        guard !holdsEscaped(target) else { throw .malformedRequest(.credentialInTarget) }
        let own = head.authorization.map { head.fields[$0].line } ?? 0..<0
        var names: [String] = []
        var start = 0
        while let place = next(in: bytes, from: start, but: own) {
            start = place + 1
            guard !head.target.contains(place) else { throw .malformedRequest(.credentialInTarget) }
            guard let field = head.fields.first(where: { $0.value.contains(place) }) else { continue }
            // It cannot be left out: the upstream needs it to read the body.
            guard field.name != .contentType else { throw .malformedRequest(.credentialInType) }
            names.append(String(decoding: bytes[field.nameRange], as: UTF8.self).lowercased())
        }
        return names
    }

    /// Where the next one begins, from `start` on; what lies in `own` is not looked at.
    private static func next(
        in bytes: UnsafeRawBufferPointer, from start: Int, but own: Range<Int>
    ) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        var index = start
        while index < bytes.count, let found = memchr(base + index, 0x5F, bytes.count - index) {
            let mark = UnsafeRawPointer(found) - base
            guard !own.contains(mark) else {
                index = own.upperBound
                continue
            }
            index = mark + 1
            for kind in CredentialKind.allCases {
                let first = mark + 1 - kind.prefix.utf8CodeUnitCount
                let end = first + CredentialFormat.byteCount(of: kind)
                guard first >= start, end <= bytes.count, bytes[first] == 0x6C else { continue }
                let text = UnsafeRawBufferPointer(rebasing: bytes[first..<end])
                if CredentialFormat.isWellFormed(text, kind: kind) { return first }
            }
        }
        return nil
    }

    /// A query may spell it with escapes.
    private static func holdsEscaped(_ target: UnsafeRawBufferPointer) -> Bool {
        guard let base = target.baseAddress, memchr(base, 0x25, target.count) != nil else { return false }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(target.count)
        var index = 0
        while index < target.count {
            if target[index] == 0x25, index + 2 < target.count,
                let high = JSONText.hexDigit(target[index + 1]),
                let low = JSONText.hexDigit(target[index + 2])
            {
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(target[index])
                index += 1
            }
        }
        return decoded.withUnsafeBytes { next(in: $0, from: 0, but: 0..<0) != nil }
    }
}
