import Domain

/// Of which endpoints it is described where and how their answers tell what they used.
extension Endpoint.Kind {
    /// Of every other endpoint, usage that is found is of a grammar that nobody described to us: it is
    /// charged, and is an estimate unless the answer says by itself whose grammar it is.
    var tellsUsage: Bool {
        switch self {
        case .chatCompletions, .completions, .embeddings, .responses, .images, .audio, .threads, .batches:
            true
        default: false
        }
    }

    /// Its answers may be bytes of any kind: sound, a picture, a file.
    var mayAnswerBytes: Bool {
        switch self {
        case .audio, .files, .uploads, .videos, .containers, .skills: true
        default: false
        }
    }
}
