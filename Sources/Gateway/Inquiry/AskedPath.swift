package import Domain

/// The method and path of a question, and what they reach.
package struct AskedPath: Hashable, Sendable {
    let endpoint: Endpoint
    let models: ModelsRequest?

    /// `path` is what a request line has, with its `/v1`. Throws what a request to it is refused with.
    package init(_ method: RequestMethod = .post, _ path: String) throws(Rejection) {
        var path = path
        (endpoint, models) = try path.withUTF8 { bytes in
            Result { () throws(Rejection) in
                let target = UnsafeRawBufferPointer(bytes)
                let endpoint = try PathPolicy.check(method, target)
                return (endpoint, endpoint.modelsRequest(in: target))
            }
        }.get()
    }

    /// What is mostly asked of the endpoint.
    package init(usual kind: EndpointKind) {
        let (method, path) = kind.usualRequest
        do throws(Rejection) {
            try self.init(method, path)
        } catch {
            preconditionFailure("the usual path of \(kind) is none: \(error)")
        }
    }
}

extension EndpointKind {
    fileprivate var usualRequest: (RequestMethod, String) {
        switch self {
        case .chatCompletions: (.post, "/v1/chat/completions")
        case .completions: (.post, "/v1/completions")
        case .embeddings: (.post, "/v1/embeddings")
        case .responses: (.post, "/v1/responses")
        case .conversations: (.post, "/v1/conversations")
        case .models: (.get, "/v1/models")
        case .moderations: (.post, "/v1/moderations")
        case .images: (.post, "/v1/images/generations")
        case .audio: (.post, "/v1/audio/speech")
        case .files: (.post, "/v1/files")
        case .uploads: (.post, "/v1/uploads")
        case .batches: (.post, "/v1/batches")
        case .assistants: (.post, "/v1/assistants")
        case .threads: (.post, "/v1/threads/runs")
        case .videos: (.post, "/v1/videos")
        case .realtime: (.post, "/v1/realtime/client_secrets")
        case .containers: (.post, "/v1/containers")
        case .evals: (.post, "/v1/evals")
        case .skills: (.post, "/v1/skills")
        case .vectorStores: (.post, "/v1/vector_stores")
        case .fineTuning: (.post, "/v1/fine_tuning/jobs")
        case .chatkit: (.post, "/v1/chatkit/sessions")
        case .organization: (.get, "/v1/organization/users")
        case .projects: (.get, "/v1/projects")
        case .account: (.get, "/v1/usage")
        case .modelDeletion: (.delete, "/v1/models")
        case .other: (.post, "/v1/agents")
        }
    }
}
