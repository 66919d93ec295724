import Domain
import Storage

/// A project as the management API shows it.
package struct ProjectResource: Codable, Equatable, Sendable {
    package var id: String
    package var name: String
    package var upstreamURL: String
    /// `active`, `disabled` or `archived`.
    package var state: String
    /// The active one; nil where no upstream key was set.
    @Nullable package var credential: CredentialResource? = nil
    package var createdAt: String
    package var updatedAt: String
    /// By its IANA name: where its days, weeks and months begin.
    package var timeZone: String
    /// `inject` or `observe`.
    package var streamUsage: String
    /// `refuse`, `allow`, or a default price.
    package var unpricedModels: String
    /// `fit` or `refuse`.
    package var unboundedOutput: String
    /// `refuse` or `allow`.
    package var unknownEndpoints: String
    /// What the upstream is sent as `OpenAI-Organization`; nil sends none.
    @Nullable package var openAIOrganization: String? = nil
    /// The same of `OpenAI-Project`.
    @Nullable package var openAIProject: String? = nil
    /// What it is for.
    @Nullable package var description: String? = nil
    package var limits: [LimitResource]

    package enum CodingKeys: String, CodingKey {
        case id, name, state, credential, description, limits
        case timeZone = "time_zone"
        case streamUsage = "stream_usage"
        case unpricedModels = "unpriced_models"
        case unboundedOutput = "unbounded_output"
        case unknownEndpoints = "unknown_endpoints"
        case openAIOrganization = "openai_organization"
        case openAIProject = "openai_project"
        case upstreamURL = "upstream_url"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }
}

extension ProjectResource {
    /// `credential`: the active one.
    init(_ project: Project, _ credential: UpstreamCredential?, limits: [LimitState]) {
        self.init(
            id: project.id.rawValue, name: project.name.rawValue, upstreamURL: project.upstream.description,
            state: project.state.rawValue, credential: credential.map { CredentialResource($0) },
            createdAt: project.createdAt.rfc3339, updatedAt: project.updatedAt.rfc3339,
            timeZone: project.timeZone, streamUsage: project.streamUsage.rawValue,
            unpricedModels: project.unpriced.description,
            unboundedOutput: project.unboundedOutput.rawValue,
            unknownEndpoints: project.unknownEndpoints.rawValue,
            openAIOrganization: project.openAIOrganization, openAIProject: project.openAIProject,
            description: project.description?.rawValue, limits: limits.map { LimitResource($0) })
    }
}

extension ProjectResource {
    /// What may be set of a project when it is made and later; what is left out is as it was, or as it is by
    /// default.
    package struct Fields: Codable, Equatable, Sendable {
        package var timeZone: String?
        package var streamUsage: String?
        package var unpricedModels: String?
        package var unboundedOutput: String?
        package var unknownEndpoints: String?
        /// `null` sends none from then on.
        package var openAIOrganization = Given<String>.left
        package var openAIProject = Given<String>.left
        package var description = Given<String>.left

        package init() {}

        static let fields: [Field] = [
            "time_zone", "stream_usage", "unpriced_models", "unbounded_output", "unknown_endpoints",
            Field("openai_organization", mayBeNull: true), Field("openai_project", mayBeNull: true),
            Field("description", mayBeNull: true),
        ]

        private enum CodingKeys: String, CodingKey {
            case description
            case timeZone = "time_zone"
            case streamUsage = "stream_usage"
            case unpricedModels = "unpriced_models"
            case unboundedOutput = "unbounded_output"
            case unknownEndpoints = "unknown_endpoints"
            case openAIOrganization = "openai_organization"
            case openAIProject = "openai_project"
        }
    }
}

extension ProjectResource.Fields {
    /// Throws a 422 ``Problem`` that points at the field. Whether there is such a time zone is not known
    /// here.
    func apply(to change: inout ProjectChange) throws(Problem) {
        change.set(\.timeZone, to: timeZone)
        change.set(\.streamUsage, to: try Self.word(streamUsage, "stream_usage"))
        change.set(\.unpriced, to: try Self.unpriced(unpricedModels))
        change.set(\.unboundedOutput, to: try Self.word(unboundedOutput, "unbounded_output"))
        change.set(\.unknownEndpoints, to: try Self.word(unknownEndpoints, "unknown_endpoints"))
        change.set(\.openAIOrganization, to: try Self.account(openAIOrganization, "openai_organization"))
        change.set(\.openAIProject, to: try Self.account(openAIProject, "openai_project"))
        change.set(\.description, to: try Description.change(wire: description))
    }

    /// One of the words of a rule.
    private static func word<Word: RawRepresentable<String> & CaseIterable>(
        _ text: String?, _ field: String
    ) throws(Problem) -> Word? {
        guard let text else { return nil }
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: " or ")
            throw .invalid(field, "it must be \(words)")
        }
        return word
    }

    private static func unpriced(_ text: String?) throws(Problem) -> UnpricedRule? {
        guard let text else { return nil }
        guard let rule = UnpricedRule(text) else {
            throw .invalid("unpriced_models", "it must be \(UnpricedRule.rule)")
        }
        return rule
    }

    /// The value of a header field that chooses an account of the upstream's; nil where it was left out, and
    /// a nil within for `null`.
    private static func account(_ given: Given<String>, _ field: String) throws(Problem) -> String?? {
        switch given {
        case .left: return nil
        case .null: return .some(nil)
        case .value(let text):
            guard (1...128).contains(text.utf8.count), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw .invalid(field, "it must be 1 to 128 visible ASCII characters without spaces")
            }
            return text
        }
    }
}
