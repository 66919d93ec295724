/// What an upstream reported of the end of an object: what the work of a background response, a batch or a
/// run came to.
package struct ObjectEnd: Hashable, Sendable {
    /// Without ``images``.
    package var usage: Usage
    /// What a hosted tool used that made images; nil where none did, or it is part of ``usage``.
    package let images: Usage?
    package let accuracy: Accuracy
    /// nil if absent.
    package let modelAnswered: LedgerText?
    /// The service tier that it was served on; nil if absent.
    package let tier: ServiceTier?

    /// The model that hosted tools make images with: no answer names it.
    package static let imageModel = "gpt-image-1"

    package init(
        usage: Usage, images: Usage? = nil, accuracy: Accuracy, modelAnswered: LedgerText?, tier: ServiceTier?
    ) {
        self.usage = usage
        self.images = images
        self.accuracy = accuracy
        self.modelAnswered = modelAnswered
        self.tier = tier
    }

    /// With the images.
    package var total: Usage {
        guard let images else { return usage }
        var total = usage
        total.prompt += images.prompt
        total.imagePrompt += images.imagePrompt
        total.completion += images.completion
        total.imageCompletion += images.imageCompletion
        return total
    }

    /// How it is priced: by the tier that was served, else by the one that was asked for. A batch has a tier
    /// of its own.
    package func terms(_ asked: ModelPrice.Terms, of kind: EndpointKind?) -> ModelPrice.Terms {
        ModelPrice.Terms(
            tier: kind == .batches ? .batch : tier ?? asked.tier, keepsCacheLong: asked.keepsCacheLong)
    }
}
