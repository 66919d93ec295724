package import Domain
import Foundation
package import Storage

/// An audit event, as it is listed and as a line of an export.
package struct AuditEventResource: Codable, Equatable, Sendable {
    package var seq: Int64
    package var at: String
    package var principal: String
    /// Where the call came from; nil where there was none.
    @Nullable package var address: String? = nil
    package var action: String
    package var subject: String
    /// Names and values; `…_before` is what a value replaced.
    package var details: [String: String]
    /// 64 hexadecimal digits; nil where somebody took it away.
    @Nullable package var hash: String? = nil

    private enum CodingKeys: String, CodingKey {
        case seq, at, principal, address, action, subject, details, hash
    }
}

extension AuditEventResource {
    init(_ row: AuditRow) {
        let pairs = (try? JSONDecoder().decode([[String]].self, from: Data(row.details.utf8))) ?? []
        self.init(
            seq: row.sequence, at: Timestamp(milliseconds: row.at).rfc3339, principal: row.principal,
            address: row.address, action: row.action, subject: row.subject,
            details: Dictionary(
                pairs.filter { $0.count == 2 }.map { ($0[0], $0[1]) }, uniquingKeysWith: { $0 + ", " + $1 }),
            hash: row.hash?.description)
    }
}

/// An event's place and hash: what to keep elsewhere.
package struct AuditHeadResource: Codable, Equatable, Sendable {
    package var seq: Int64
    package var hash: String

    package init(_ head: AuditHead) {
        seq = head.sequence
        hash = head.hash.description
    }
}

/// `POST /manage/audit/verify`: the head that the chain is held to, both fields of it or neither.
package struct VerifyAuditRequest: RequestBody {
    package static let fields: [Field] = ["seq", "hash"]
    package static let mayBeLeftOut = true
    package var seq: Int64?
    package var hash: String?

    package init(_ head: AuditHead) {
        seq = head.sequence
        hash = head.hash.description
    }
}

extension VerifyAuditRequest {
    /// nil where none was kept.
    func head() throws(Problem) -> AuditHead? {
        guard seq != nil || hash != nil else { return nil }
        guard let seq else { throw .invalid("seq", "it is missing") }
        guard let hash else { throw .invalid("hash", "it is missing") }
        guard seq >= 0 else { throw .invalid("seq", "it has to be a number from 0 up") }
        guard let hash = AuditHash(hash) else { throw .invalid("hash", "it has to be 64 hexadecimal digits") }
        return AuditHead(sequence: seq, hash: hash)
    }
}

/// What a look at the chain came to.
package struct AuditVerdictResource: Codable, Equatable, Sendable {
    package struct Bad: Codable, Equatable, Sendable {
        package var seq: Int64
        /// A clause.
        package var why: String
    }

    package var ok: Bool
    /// How many events were found sound.
    package var checked: Int64
    package var head: AuditHeadResource
    /// nil where all is well.
    @Nullable package var firstBad: Bad? = nil

    private enum CodingKeys: String, CodingKey {
        case ok, checked, head
        case firstBad = "first_bad"
    }
}

extension AuditVerdictResource {
    init(_ verdict: AuditVerdict) {
        self.init(
            ok: verdict.firstBad == nil, checked: verdict.checked, head: AuditHeadResource(verdict.head),
            firstBad: verdict.firstBad.map { Bad(seq: $0.sequence, why: $0.flaw.clause) })
    }
}

extension AuditVerdict.Flaw {
    /// Ends "event N: …".
    package var clause: String {
        switch self {
        case .missing: "it is missing: it was removed, or its number was changed"
        case .unhashed: "its hash was taken away"
        case .unreadable: "it holds what no version writes"
        case .changed: "it is not what was written: it, or the one before it, was changed, moved or removed"
        case .tailMissing: "it and what came behind it up to the given head are missing"
        case .otherHead: "it is another event than the given head: what stood here was replaced"
        }
    }
}
