import Domain
import Foundation
import GRDB

/// A row of `audit_events`, and the event that it tells of.
extension AuditRow: Record {
    enum Column: Int32, RecordColumn {
        case seq, at, principal, address, action, subject, details, hash
    }

    static let table = RecordTable<Column>("audit_events")

    init(from row: RecordRow<Column>) throws {
        self.init(
            sequence: try row.value(.seq), at: try row.value(.at), principal: try row.value(.principal),
            address: try row.optional(.address), action: try row.value(.action),
            subject: try row.value(.subject), details: try row.value(.details),
            hash: AuditHash(bytes: row.bytes(.hash)))
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .seq: sequence
        case .at: at
        case .principal: principal
        case .address: address
        case .action: action
        case .subject: subject
        case .details: details
        case .hash: hash?.bytes.data
        }
    }
}

extension AuditRecord {
    /// Throws `corrupt` where the row says what no version says.
    init(_ row: AuditRow) throws {
        let details = try? JSONDecoder().decode([[String]].self, from: Data(row.details.utf8))
        guard let details, details.allSatisfy({ $0.count == 2 }),
            let principal = Principal(stored: row.principal),
            let action = AuditEvent.Action(rawValue: row.action)
        else { throw StoreError.corrupt }
        self.init(
            sequence: row.sequence, at: Timestamp(milliseconds: row.at),
            event: AuditEvent(
                principal: principal.calling(from: row.address.flatMap { IPAddress($0) }), action: action,
                subject: row.subject, details: details.map { AuditEvent.Detail($0[0], $0[1]) }))
    }
}

extension Principal {
    fileprivate init?(stored text: String) {
        switch text {
        case Principal.console.description: self = .console
        case Principal.system.description: self = .system
        case Principal.holder.description: self = .holder
        case Principal.github.description: self = .github
        default:
            let parts = text.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            switch parts[0] {
            case "management_key":
                guard let id = ManagementKeyID(parts[1]) else { return nil }
                self = .managementKey(id)
            case "invitation":
                guard let id = InvitationID(parts[1]) else { return nil }
                self = .invitation(id)
            default: return nil
            }
        }
    }
}
