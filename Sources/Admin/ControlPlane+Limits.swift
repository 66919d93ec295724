package import Domain
package import Storage

/// Limits and their counters.
extension ControlPlane {
    /// As they stand, in the order they were set. What is not in memory, for its access tokens were dead when
    /// the server started, is as the store keeps it.
    package func limitStates(of subject: LimitSubject) async throws(StoreError) -> [LimitState] {
        try await limitStates(of: [subject])[subject] ?? []
    }

    /// The same of several; those that have none are left out.
    func limitStates(
        of subjects: [LimitSubject]
    ) async throws(StoreError) -> [LimitSubject: [LimitState]] {
        var states: [LimitSubject: [LimitState]] = [:]
        for subject in subjects where states[subject] == nil { states[subject] = limits.states(of: subject) }
        let absent = states.filter { $0.value.isEmpty && $0.key.isLineage }.map(\.key)
        guard !absent.isEmpty else { return states }
        for (subject, records) in try await store.limitRecords(of: absent) {
            states[subject] = limits.states(of: subject, as: records)
        }
        return states
    }

    /// Before a change that lets somebody in with this access token, or may.
    func loadLimits(of id: AccessTokenID) async throws(StoreError) {
        guard let accessToken = try await store.accessToken(id) else { return }
        try await loadLimits(of: accessToken.limitSubject)
    }

    /// Before a change that depends on them.
    func loadLimits(of subject: LimitSubject) async throws(StoreError) {
        guard limits.states(of: subject).isEmpty else { return }
        for (subject, records) in try await store.limitRecords(of: [subject]) {
            limits.set(records, of: subject)
        }
    }

    /// Adds to what a quota allows in its current period. Throws a 422 ``Problem`` where the subject has no
    /// such limit.
    package func topUpLimit(
        _ id: LimitID, of subject: LimitSubject, by amount: Int64, by context: ChangeContext
    ) async throws {
        try await changes.run(context) { [self] context in
            try await loadLimits(of: subject)
            guard let start = limits.start(of: id, of: subject) else { throw Problem.noSuchLimit }
            try await store.topUpLimit(id, of: subject, by: amount, from: start, by: context)
            limits.topUp(id, of: subject, by: amount, from: start)
        }
    }

    /// The limit counts from nothing, from now on; what is under way is charged to what was before. Throws a
    /// 422 ``Problem`` where the subject has no such limit.
    package func resetLimit(
        _ id: LimitID, of subject: LimitSubject, by context: ChangeContext
    ) async throws {
        try await changes.run(context) { [self] context in
            try await loadLimits(of: subject)
            guard let start = limits.resetStart(of: id, of: subject) else { throw Problem.noSuchLimit }
            try await store.resetLimit(id, of: subject, from: start, by: context)
            limits.reset(id, of: subject, from: start)
        }
    }
}

extension Problem {
    /// The body names it.
    fileprivate static let noSuchLimit = Problem.invalid("limit", "there is no such limit")
}
