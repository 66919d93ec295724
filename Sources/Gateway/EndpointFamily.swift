import Domain

/// A first segment below `/v1/` that Latchkey knows: what it is granted by, and what is used by the paths
/// below it.
///
/// All of OpenAI's are here, and what other servers of its API have beside them. What is not here is refused
/// unless the project or the access token allows unknown endpoints.
struct EndpointFamily {
    let name: StaticString
    let kind: EndpointKind
    /// Also found without `/v1` in front of it, as clients call it whose base URL lacks that.
    let hasAlias: Bool
    /// Of a `POST`; what is not listed exactly is never free.
    let use: @Sendable (PathSegments) -> EndpointUse

    private init(
        _ name: StaticString, _ kind: EndpointKind, alias: Bool = true,
        _ use: @escaping @Sendable (PathSegments) -> EndpointUse
    ) {
        self.name = name
        self.kind = kind
        hasAlias = alias
        self.use = use
    }

    /// The most used first. `chat` is ``EndpointKind/chatCompletions`` with its second segment only.
    static let all: [EndpointFamily] = [
        EndpointFamily("responses", .responses, EndpointUse.response),
        EndpointFamily("embeddings", .embeddings) { $0.count == 1 ? EndpointUse(.embedding) : .other },
        EndpointFamily("completions", .completions) { $0.count == 1 ? EndpointUse(.completion) : .other },
        EndpointFamily("models", .models) { _ in .other },
        EndpointFamily("moderations", .moderations) { $0.count == 1 ? .free : .other },
        EndpointFamily("images", .images, EndpointUse.image),
        EndpointFamily("audio", .audio, EndpointUse.audio),
        EndpointFamily("files", .files) { $0.count == 1 ? .free : .other },
        EndpointFamily("uploads", .uploads, EndpointUse.upload),
        EndpointFamily("batches", .batches, EndpointUse.batches),
        EndpointFamily("assistants", .assistants, EndpointUse.assistant),
        EndpointFamily("threads", .threads, EndpointUse.thread),
        EndpointFamily("videos", .videos) { $0.count == 1 ? .unpriced : .other },
        EndpointFamily("realtime", .realtime, EndpointUse.realtime),
        EndpointFamily("containers", .containers, EndpointUse.container),
        EndpointFamily("conversations", .conversations, EndpointUse.conversation),
        EndpointFamily("evals", .evals, EndpointUse.eval),
        EndpointFamily("skills", .skills, EndpointUse.skill),
        EndpointFamily("vector_stores", .vectorStores, EndpointUse.vectorStore),
        EndpointFamily("fine_tuning", .fineTuning, EndpointUse.fineTuning),
        EndpointFamily("organization", .organization) { _ in .other },
        EndpointFamily("projects", .projects) { _ in .other },
        EndpointFamily("chat", .other) { _ in .other },
        EndpointFamily("chatkit", .chatkit, EndpointUse.chatkit),
        EndpointFamily("agents", .other) { _ in .other },
        EndpointFamily("content_provenance_checks", .other) { _ in .other },
        EndpointFamily("decisions", .other) { _ in .other },
        EndpointFamily("safety", .account) { _ in .other },
        EndpointFamily("vaults", .account) { _ in .other },
        EndpointFamily("webhook_endpoints", .account) { _ in .other },
        EndpointFamily("webhook_event_types", .account) { _ in .other },
        // `/live` without `/v1` is the router's.
        EndpointFamily("live", .realtime, alias: false, EndpointUse.realtime),
        EndpointFamily("messages", .other, alias: false, EndpointUse.message),
        EndpointFamily("rerank", .other, alias: false) { $0.count == 1 ? .unpriced : .other },
        EndpointFamily("score", .other, alias: false) { $0.count == 1 ? .unpriced : .other },
        EndpointFamily("classify", .other, alias: false) { $0.count == 1 ? .unpriced : .other },
        EndpointFamily("pooling", .other, alias: false) { $0.count == 1 ? .unpriced : .other },
        EndpointFamily("ocr", .other, alias: false) { $0.count == 1 ? .unpriced : .other },
        EndpointFamily("fim", .other, alias: false) {
            $0.count == 2 && $0.lastMatches("completions") ? .generation : .other
        },
        EndpointFamily("tokenize", .other, alias: false) { $0.count == 1 ? .free : .other },
        EndpointFamily("detokenize", .other, alias: false) { $0.count == 1 ? .free : .other },
        // The model stands in the path.
        EndpointFamily("engines", .other, alias: false) { _ in .other },
        EndpointFamily("openai", .other, alias: false) { _ in .other },
        // The account, at OpenAI and at others.
        EndpointFamily("me", .account, alias: false) { _ in .other },
        EndpointFamily("usage", .account, alias: false) { _ in .other },
        EndpointFamily("dashboard", .account, alias: false) { _ in .other },
        EndpointFamily("billing", .account, alias: false) { _ in .other },
        EndpointFamily("credits", .account, alias: false) { _ in .other },
        EndpointFamily("key", .account, alias: false) { _ in .other },
        EndpointFamily("keys", .account, alias: false) { _ in .other },
        EndpointFamily("organizations", .account, alias: false) { _ in .other },
    ]
}
