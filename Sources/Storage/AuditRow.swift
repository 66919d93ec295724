package import Domain
import Foundation
import GRDB

/// An audit event as the database holds it, uninterpreted: whatever somebody wrote over it, it can be hashed,
/// shown and compared.
package struct AuditRow: Hashable, Sendable {
    package let sequence: Int64
    /// Milliseconds since 1970.
    package let at: Int64
    package let principal: String
    package let address: String?
    package let action: String
    package let subject: String
    /// A JSON array of pairs, the name and the value of each detail.
    package let details: String
    /// nil where it has none, or one of another length.
    package let hash: AuditHash?

    static let columns = "seq, at, principal, address, action, subject, details, hash"

    init(
        sequence: Int64, at: Timestamp, _ event: AuditEvent, behind previous: AuditHash,
        _ hashing: AuditHashing
    ) {
        self.sequence = sequence
        self.at = at.milliseconds
        principal = event.principal.description
        address = event.principal.address?.description
        action = event.action.rawValue
        subject = event.subject
        details = Self.text(event.details)
        hash = hashing(
            Self.canonical(
                previous, sequence, at.milliseconds, [principal, address, action, subject, details]))
    }

    /// Throws `corrupt` where a column holds what no version writes there.
    init(_ row: Row) throws {
        sequence = try row.value("seq")
        at = try row.value("at")
        principal = try row.value("principal")
        address = try row.optional("address")
        action = try row.value("action")
        subject = try row.value("subject")
        details = try row.value("details")
        hash = try row.optional("hash", as: Data.self).flatMap { AuditHash(bytes: Array($0)) }
    }

    /// What its hash has to be, behind the event with that hash.
    func hash(behind previous: AuditHash, _ hashing: AuditHashing) -> AuditHash {
        hashing(Self.canonical(previous, sequence, at, [principal, address, action, subject, details]))
    }

    /// What is hashed. Unambiguous, for every text tells its length first; one that is not there has the
    /// length FFFFFFFF and no bytes.
    ///
    ///     ┌────────────────────┬───────────┬──────────┬──────────────────────────────────────┐
    ///     │ previous, 32 bytes │ seq, i64be│ at, i64be│ length u32be, UTF-8, of each text:   │
    ///     │                    │           │          │ principal, address, action, subject, │
    ///     │                    │           │          │ details                              │
    ///     └────────────────────┴───────────┴──────────┴──────────────────────────────────────┘
    private static func canonical(
        _ previous: AuditHash, _ sequence: Int64, _ at: Int64, _ texts: [String?]
    ) -> [UInt8] {
        var bytes = previous.bytes
        func append(_ value: UInt64, width: UInt64) {
            for index in (0..<width).reversed() {
                bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index)))
            }
        }
        append(UInt64(bitPattern: sequence), width: 8)
        append(UInt64(bitPattern: at), width: 8)
        for text in texts {
            append(text.map { UInt64($0.utf8.count) } ?? UInt64(UInt32.max), width: 4)
            bytes.append(contentsOf: (text ?? "").utf8)
        }
        return bytes
    }

    private static func text(_ details: [AuditEvent.Detail]) -> String {
        var writer = JSONWriter()
        writer.array { list in
            for detail in details {
                list.array {
                    $0.element(detail.name)
                    $0.element(detail.value)
                }
            }
        }
        return writer.text
    }
}
