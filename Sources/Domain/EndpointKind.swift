/// The families of the OpenAI API, told by the first segment below `/v1/` (`chat/completions` by two):
/// bounded, so one may be a metric label, and what an access token is granted by.
package enum EndpointKind: String, Hashable, Sendable, CaseIterable {
    case chatCompletions = "chat_completions"
    case completions, embeddings, responses, conversations, models, moderations, images, audio, files, uploads
    case batches, assistants, threads, videos
    /// `realtime` and `live`: hands out keys of the upstream's.
    case realtime
    case containers, evals, skills
    case vectorStores = "vector_stores"
    case fineTuning = "fine_tuning"
    /// It hands out keys of the upstream's, too.
    case chatkit
    /// Account administration: refused unless a grant names it.
    case organization, projects
    /// The account itself: its use and bills, webhooks, vaults, safety reports.
    case account
    /// `DELETE /v1/models/…`
    case modelDeletion = "model_deletion"
    /// Whatever the API has or gets beside these.
    case other

    /// It changes or shows the upstream's account, and not what is asked of a model.
    package var isAdministration: Bool {
        switch self {
        case .organization, .projects, .account, .modelDeletion: true
        default: false
        }
    }

    /// Refused unless a grant names it: account administration, and what hands out keys of the upstream's,
    /// which outlive the access token.
    package var needsName: Bool { isAdministration || self == .realtime || self == .chatkit }

    /// Only an operator with the role `admin` for all projects may grant it by name. ``other`` is among them,
    /// for it opens endpoints that Latchkey does not know.
    package var isReserved: Bool { needsName || self == .other }
}
