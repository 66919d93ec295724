package import Domain
import NIOCore

/// Asks a project's upstream something that costs nothing: whether it can be reached, and takes our key.
package protocol UpstreamInquiry: Sendable {
    /// Sends one `GET` for the list of models. nil where there is no such project.
    func askUpstream(of project: ProjectID) async -> UpstreamVerdict?
}

/// What became of the question.
package enum UpstreamVerdict: Hashable, Sendable {
    /// It is the dummy provider, which is always there.
    case dummy
    /// With this status, whichever: something that speaks HTTP is there.
    case answered(status: Int)
    case failed(UpstreamFailure)
}

extension AccessControl: UpstreamInquiry {
    package func askUpstream(of project: ProjectID) async -> UpstreamVerdict? {
        do {
            return try await workers.onOne { worker -> EventLoopFuture<UpstreamVerdict?> in
                guard let route = worker.directory.route(of: project) else {
                    return worker.eventLoop.makeSucceededFuture(nil)
                }
                return UpstreamQuestion.ask(route, on: worker)
            }.get()
        } catch {
            // The loops are shut down.
            return .failed(.cancelled)
        }
    }
}
