import Storage

/// Revocations of so many credentials that one transaction would keep the ledger waiting.
extension ControlPlane {
    /// Makes one change after another, each with its own turn in the queue of changes; the `rest` that a
    /// change leaves is a step of its own after the others. Runs to its end though the request that asked for
    /// it may be gone. Throws ``RevokedInPart`` where a step fails after others revoked `count` of what they
    /// returned.
    ///
    /// No step is made under an `Idempotency-Key`: its claim would be kept with the first step, and answer
    /// for those that never came. Asking once more does what is left.
    func inSteps<Step: Sendable, Result: Sendable>(
        _ steps: [Step], counting count: @escaping @Sendable (Result) -> Int, by context: ChangeContext,
        _ change: @escaping @Sendable (Step, ChangeContext) async throws -> (Result, rest: Step?)
    ) async throws -> [Result] {
        var context = context
        context.claim = nil
        let task = Task { [changes, context] in
            var (results, revoked) = ([Result](), 0)
            var waiting = ArraySlice(steps)
            while let step = waiting.popFirst() {
                do {
                    let (result, rest) = try await changes.run(context) { try await change(step, $0) }
                    if let rest { waiting.append(rest) }
                    results.append(result)
                    revoked += count(result)
                } catch let error as StoreError where revoked > 0 {
                    throw RevokedInPart(count: revoked, cause: error)
                }
            }
            return results
        }
        return try await task.value
    }
}
