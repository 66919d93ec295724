package import Domain
package import Vault

/// Where a project's requests go, and by which rules: immutable, so that a request keeps the one it began
/// with.
package final class ProjectRoute: Sendable {
    package let id: ProjectID
    package let name: ProjectName
    /// The project's own upstream.
    package let own: Target
    /// Beside it, in the order in which they are tried.
    package let beside: [Target]
    /// The first of them all that something can be sent to, and those after it.
    package let target: Target
    package let others: [Target]
    package let gate: AccessGate
    package let streamUsage: StreamUsage
    /// What a model without a price costs; nil where it is not to be charged.
    package let defaultPrice: ModelPrice?
    /// A model without a price is refused where a limit on cost applies.
    package let refusesUnpriced: Bool
    package let unboundedOutput: UnboundedOutput
    /// Endpoints that no ``EndpointFamily`` has are passed on.
    package let allowsUnknownEndpoints: Bool

    /// `beside`: targets beside the project's own upstream.
    package init(_ project: Project, key: UpstreamKey?, gate: AccessGate, beside: [Target]) {
        id = project.id
        name = project.name
        own = Target(
            project.upstream, key: key,
            fields: [
                project.openAIOrganization.map { ("OpenAI-Organization", "\($0)") },
                project.openAIProject.map { ("OpenAI-Project", "\($0)") },
            ].compactMap(\.self))
        self.beside = beside
        let usable = ([own] + beside).filter { !$0.lacksKey }
        target = usable.first ?? own
        others = Array(usable.dropFirst())
        self.gate = gate
        streamUsage = project.streamUsage
        refusesUnpriced = project.unpriced == .refuse
        unboundedOutput = project.unboundedOutput
        allowsUnknownEndpoints = project.unknownEndpoints == .allow
        if case .defaultPrice(let prompt, let completion) = project.unpriced {
            defaultPrice = ModelPrice(prompt: prompt, completion: completion)
        } else {
            defaultPrice = nil
        }
    }

    /// None of its targets can be sent anything.
    var lacksKey: Bool { target.lacksKey }
}
