package import Domain
import GRDB

/// An object that the upstream is still at work on, whose row stands at its reservation.
package struct PendingObject: Hashable, Sendable {
    /// How many are followed at one time.
    package static let limit = 10_000
    /// From a request's end to the first question about its object. The later ones are the caller's to
    /// schedule.
    package static let firstQuestion: Int64 = 10_000

    package let project: ProjectID
    package let id: LedgerText
    /// Below the upstream's base path.
    package let path: String
    package let kind: EndpointKind
    package let createdAt: Timestamp
    /// How often the upstream was asked.
    package let attempts: Int
}

extension PendingObject {
    /// Throws `corrupt` where the upstream cannot be asked for it.
    init(_ pending: PendingCharge) throws {
        guard let path = pending.row.path, let kind = EndpointKind(rawValue: pending.names.endpoint) else {
            throw StoreError.corrupt
        }
        self.init(
            project: pending.row.project, id: pending.row.object, path: path, kind: kind,
            createdAt: pending.row.createdAt, attempts: pending.row.attempts)
    }
}
