package import Domain
import Synchronization

/// Tells whose credential it was that no snapshot has: access tokens that are dead are not kept in memory.
///
/// A client is refused at once, and in the same words whoever it is; this is for what is written down of it.
/// It looks several up together, one look after another, and holds so many questions at most: one that is not
/// taken is about a credential that stays unknown.
package final class AbsentTokens: Sendable {
    /// An access token that is refused, and why.
    package struct Refused: Sendable {
        package let id: AccessTokenID
        package let project: ProjectID
        package let rejection: Rejection
    }

    /// Those of the hashes that were issued once; none where they cannot be looked up now.
    package typealias Look = @Sendable ([CredentialHash]) async -> [AccessToken]

    package static let questionLimit = 1024
    /// Of one look.
    private static let batch = 256

    private struct Question: Sendable {
        let hash: CredentialHash
        let now: Timestamp
        let answer: @Sendable (Refused?) -> Void
    }

    private struct State {
        var waiting: [Question] = []
        var looking: Task<Void, Never>?
    }

    private let state = Mutex(State())
    private let look: Look
    private let recordExpiry: @Sendable (AccessTokenID, Timestamp) -> Void

    /// `recordExpiry` is told of each access token that is found to be expired and was not written down as
    /// that.
    package init(
        look: @escaping Look, recordExpiry: @escaping @Sendable (AccessTokenID, Timestamp) -> Void
    ) {
        self.look = look
        self.recordExpiry = recordExpiry
    }

    /// Calls `answer`, once and from any thread, with what the credential was at `now`; with nil where it was
    /// never issued, or is valid by now. False where there are too many questions: then `answer` is not
    /// called.
    func identify(
        _ hash: CredentialHash, at now: Timestamp, answer: @escaping @Sendable (Refused?) -> Void
    ) -> Bool {
        state.withLock { state in
            guard state.waiting.count < Self.questionLimit else { return false }
            state.waiting.append(Question(hash: hash, now: now, answer: answer))
            if state.looking == nil { state.looking = Task { await lookUp() } }
            return true
        }
    }

    /// The same, for who can wait.
    func identify(_ hash: CredentialHash, at now: Timestamp) async -> Refused? {
        await withCheckedContinuation { continuation in
            let isTaken = identify(hash, at: now) { continuation.resume(returning: $0) }
            if !isTaken { continuation.resume(returning: nil) }
        }
    }

    /// Returns when every question that was asked before is answered.
    package func drain() async { await state.withLock { $0.looking }?.value }

    private func lookUp() async {
        while let questions = next() {
            let found = await look(Array(Set(questions.map(\.hash))))
            let byHash = Dictionary(found.map { ($0.hash, $0) }, uniquingKeysWith: { first, _ in first })
            for question in questions {
                question.answer(byHash[question.hash].flatMap { tell($0, question.now) })
            }
        }
    }

    /// nil when none is left: then the next one begins anew.
    private func next() -> [Question]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.looking = nil
                return nil
            }
            let questions = Array(state.waiting.prefix(Self.batch))
            state.waiting.removeFirst(questions.count)
            return questions
        }
    }

    private func tell(_ accessToken: AccessToken, _ now: Timestamp) -> Refused? {
        guard let rejection = accessToken.refusal(at: now) else { return nil }
        if case .expiredCredential = rejection, accessToken.expiredAt == nil {
            recordExpiry(accessToken.id, now)
        }
        return Refused(id: accessToken.id, project: accessToken.project, rejection: rejection)
    }
}
