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
    /// Below the upstream's base path; nil where the upstream cannot be asked.
    package let path: String?
    package let kind: EndpointKind
    /// How often it was due so far: how old it is, by a clock that no one sets.
    package let attempts: Int
}
