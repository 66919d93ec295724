/// What is wrong with a path that leads to no endpoint of the API, as its client is told.
package struct WrongPath: Hashable, Sendable {
    package enum Mistake: Hashable, Sendable, CaseIterable {
        /// `/v1` and nothing below it.
        case baseURLAlone
        /// `/v1/v1/…`
        case versionTwice
        /// `/v1/embeddings/embeddings`: the client's base URL has the endpoint already.
        case endpointTwice
        /// Not below `/v1`.
        case elsewhere
        /// The listener serves no API.
        case otherListener
    }

    package let mistake: Mistake
    /// What the client has to set; nil where it is not known.
    package let baseURL: String?

    package init(_ mistake: Mistake, baseURL: String? = nil) {
        self.mistake = mistake
        self.baseURL = baseURL
    }

    package var message: String {
        let remedy = "Set base_url to \(baseURL ?? "http://HOST/v1")"
        return switch mistake {
        case .baseURLAlone: "This is the API's base URL. Its endpoints are below it, such as /v1/models."
        case .versionTwice: "The path has '/v1' twice. \(remedy); the client adds the rest."
        case .endpointTwice: "The path names its endpoint twice. \(remedy), without an endpoint."
        case .elsewhere: "There is no endpoint at this path. \(remedy)."
        case .otherListener: "The API is not served at this address. \(remedy)."
        }
    }
}

/// Where clients find the API.
package struct APIBaseURL: Hashable, Sendable {
    private let server: String?

    /// - Parameter server: the origin under which clients find the server, as `https://llm.example.com`; nil
    ///   takes the host that a client has called.
    package init(server: String? = nil) { self.server = server }

    /// - Parameter host: of the request's Host field.
    package func text(calledAs host: String?) -> String? {
        (server ?? host.map { "http://\($0)" }).map { $0 + "/v1" }
    }
}
