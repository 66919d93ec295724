package import Domain
import NIOCore

/// Asks a project's upstream what has become of an object: of a background response, a batch or a run. It is
/// no request of anyone's: it takes nothing from limits, and has no row.
package protocol ObjectInquiry: Sendable {
    /// Sends one `GET` for the object at `path`, below the upstream's base path.
    func ask(_ path: String, kind: EndpointKind, of project: ProjectID) async -> ObjectVerdict
}

/// What became of the question.
package enum ObjectVerdict: Hashable, Sendable {
    case ended(ObjectEnd)
    /// It has ended, and its usage is not told.
    case endedUntold
    case underWay
    /// The upstream has no such object.
    case gone
    /// It did not answer, or with an error, or with something that cannot be read.
    case unanswered
    /// The project is gone or closed, or has no key: nothing was sent.
    case unasked
}

extension AccessControl: ObjectInquiry {
    package func ask(_ path: String, kind: EndpointKind, of project: ProjectID) async -> ObjectVerdict {
        do {
            return try await workers.onOne { worker -> EventLoopFuture<ObjectVerdict> in
                guard let route = worker.directory.route(of: project), route.gate.isOpen else {
                    return worker.eventLoop.makeSucceededFuture(.unasked)
                }
                return ObjectQuestion.ask(path, kind, route, on: worker)
            }.get()
        } catch {
            // The loops are shut down.
            return .unasked
        }
    }
}
