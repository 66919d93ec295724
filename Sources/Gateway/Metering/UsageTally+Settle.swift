import Domain

/// What a tally comes to: one reading of its numbers, the larger one wherever they contradict each other.
extension UsageTally {
    /// - The prompt contains what was cached; where the object names it apart from `input_tokens`
    ///   (Anthropic), it is added.
    /// - The output is at least the total without the prompt: some leave reasoning outside of it (xAI,
    ///   Gemini).
    /// - A class that is larger than its total lifts the total; reasoning that is larger lies outside of it.
    ///
    /// `isSound` is false where two of the numbers cannot both be true, and after ``Marks/odd``. That
    /// reasoning lies outside of the output is no contradiction where it explains the total exactly.
    func settled(of kind: Endpoint.Kind) -> (usage: Usage, isSound: Bool) {
        var isSound = !marks.contains(.odd)
        var usage = Usage()
        usage.cachedPrompt = self[.cached]
        usage.cacheWritePrompt = self[.cacheWrite]
        usage.audioPrompt = self[.audioPrompt]
        usage.imagePrompt = self[.imagePrompt]
        usage.reasoning = self[.reasoning]
        usage.audioCompletion = self[.audioCompletion]
        usage.imageCompletion = self[.imageCompletion]
        usage.audioMilliseconds = self[.duration]
        usage.prompt = self[.prompt]
        usage.completion = self[.completion]
        if marks.contains(.cacheApart), !marks.contains(.promptName) {
            usage.prompt += self[.cached] + self[.cacheWrite]
        } else if !tells(.prompt), self[.missed] > 0 {
            usage.prompt = self[.cached] + self[.missed]
        }
        if tells(.total) { isSound = weigh(&usage, of: kind) && isSound }
        isSound = lift(&usage) && isSound
        return (usage, clamp(&usage) && isSound)
    }

    /// Against the total. False where they contradict each other.
    private func weigh(_ usage: inout Usage, of kind: Endpoint.Kind) -> Bool {
        let rest = self[.total] - usage.prompt - usage.completion
        guard rest > 0 else { return rest == 0 }
        if kind == .embeddings, !tells(.completion) {
            usage.prompt += rest
            return !tells(.prompt)
        }
        usage.completion += rest
        return rest == self[.reasoning]
    }

    private func lift(_ usage: inout Usage) -> Bool {
        let prompt = max(
            usage.audioPrompt + usage.imagePrompt,
            usage.cachedPrompt + max(usage.cacheWritePrompt, self[.missed]))
        let completion = usage.audioCompletion + usage.imageCompletion
        let isSound =
            prompt <= usage.prompt && max(completion, usage.reasoning) <= usage.completion
        usage.prompt = max(usage.prompt, prompt)
        usage.completion = max(usage.completion, completion)
        if usage.reasoning > usage.completion { usage.completion += usage.reasoning }
        return isSound
    }

    private func clamp(_ usage: inout Usage) -> Bool {
        let isSound = usage.prompt <= Self.limit && usage.completion <= Self.limit
        usage.prompt = min(usage.prompt, Self.limit)
        usage.completion = min(usage.completion, Self.limit)
        return isSound
    }
}
