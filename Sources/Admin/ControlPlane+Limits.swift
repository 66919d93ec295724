package import Domain
import Storage

/// Limits and their counters.
extension ControlPlane {
    /// As they stand, in the order they were set.
    package func limitStates(of subject: LimitSubject) -> [LimitState] { limits.states(of: subject) }

    /// Adds to what a quota allows in its current period. Throws a 422 ``Problem`` where the subject has no such
    /// limit.
    package func topUpLimit(
        _ id: LimitID, of subject: LimitSubject, by amount: Int64, by principal: Principal
    ) async throws {
        try await changes.run { [self] in
            guard let start = limits.start(of: id, of: subject) else { throw Problem.noSuchLimit }
            try await store.topUpLimit(id, of: subject, by: amount, from: start, by: principal, at: now())
            limits.topUp(id, of: subject, by: amount, from: start)
        }
    }

    /// The limit counts from nothing, from now on; what is under way is charged to what was before. Throws a 422
    /// ``Problem`` where the subject has no such limit.
    package func resetLimit(
        _ id: LimitID, of subject: LimitSubject, by principal: Principal
    ) async throws {
        try await changes.run { [self] in
            guard let start = limits.resetStart(of: id, of: subject) else { throw Problem.noSuchLimit }
            try await store.resetLimit(id, of: subject, from: start, by: principal, at: now())
            limits.reset(id, of: subject, from: start)
        }
    }
}

extension Problem {
    /// The body names it.
    fileprivate static let noSuchLimit = Problem.invalid("limit", "there is no such limit")
}
