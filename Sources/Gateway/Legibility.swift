import Domain

/// What of a request to an endpoint can be known beforehand: from the body's top level, or because it uses
/// none. Where a restriction of the access token depends on the rest, the endpoint must be granted by name.
package struct Legibility: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Which model it uses: none, or the `model` of its body's top level or form.
    package static let model = Legibility(rawValue: 1)
    /// What it costs: nothing, or what its tokens, images, seconds or characters cost.
    package static let cost = Legibility(rawValue: 2)
    /// How many tokens it may use at most.
    package static let tokens = Legibility(rawValue: 4)

    package static let all: Legibility = [.model, .cost, .tokens]
}

extension EndpointKind {
    /// Of what is mostly posted to it.
    var legible: Legibility {
        switch self {
        case .chatCompletions, .completions, .embeddings, .responses, .conversations, .models, .moderations,
            .images, .audio, .files, .uploads, .skills, .vectorStores:
            .all
        case .batches: EndpointUse.batch.legible
        case .assistants: [.cost, .tokens]
        case .threads: EndpointUse.run.legible
        case .videos: EndpointUse.unpriced.legible
        case .containers: [.model, .tokens]
        case .evals: EndpointUse.unbounded.legible
        case .fineTuning: .model
        case .realtime, .chatkit, .organization, .projects, .account, .modelDeletion, .other:
            EndpointUse.other.legible
        }
    }
}
