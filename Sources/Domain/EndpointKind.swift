/// The families of the OpenAI API, told by the first segment below `/v1/` (`chat/completions` by two): bounded,
/// so one may be a metric label, and what an access token is granted by.
package enum EndpointKind: String, Hashable, Sendable, CaseIterable {
    case chatCompletions = "chat_completions"
    case completions, embeddings, responses, conversations, models, moderations, images, audio, files, uploads
    case batches, assistants, threads, videos, realtime, containers, evals, skills
    case vectorStores = "vector_stores"
    case fineTuning = "fine_tuning"
    /// Account administration: refused unless a grant names it.
    case organization, projects
    /// Whatever the API has or gets beside these.
    case other

    /// It changes the upstream's account, and not what is asked of a model.
    package var isAdministration: Bool { self == .organization || self == .projects }
}
