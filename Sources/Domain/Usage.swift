/// What one exchange used, in the classes that prices tell apart: counted by the upstream, or estimated.
///
/// The totals hold the classes below them: ``prompt`` contains the cached, written, audio and image tokens of
/// the input, ``completion`` the reasoning, audio and image tokens of the output. Never negative.
package struct Usage: Hashable, Sendable {
    /// All input tokens.
    package var prompt: Int64 = 0
    /// Of the input: read from the upstream's cache.
    package var cachedPrompt: Int64 = 0
    /// Of the input: written to the upstream's cache.
    package var cacheWritePrompt: Int64 = 0
    package var audioPrompt: Int64 = 0
    package var imagePrompt: Int64 = 0
    /// All output tokens.
    package var completion: Int64 = 0
    package var reasoning: Int64 = 0
    package var audioCompletion: Int64 = 0
    package var imageCompletion: Int64 = 0
    /// The length of audio that is charged by time, in milliseconds.
    package var audioMilliseconds: Int64 = 0

    package init() {}

    package init(prompt: Int64, completion: Int64) {
        self.prompt = prompt
        self.completion = completion
    }

    /// What several come to. Saturates.
    package mutating func add(_ other: Usage) {
        prompt = prompt.addingSaturated(other.prompt)
        cachedPrompt = cachedPrompt.addingSaturated(other.cachedPrompt)
        cacheWritePrompt = cacheWritePrompt.addingSaturated(other.cacheWritePrompt)
        audioPrompt = audioPrompt.addingSaturated(other.audioPrompt)
        imagePrompt = imagePrompt.addingSaturated(other.imagePrompt)
        completion = completion.addingSaturated(other.completion)
        reasoning = reasoning.addingSaturated(other.reasoning)
        audioCompletion = audioCompletion.addingSaturated(other.audioCompletion)
        imageCompletion = imageCompletion.addingSaturated(other.imageCompletion)
        audioMilliseconds = audioMilliseconds.addingSaturated(other.audioMilliseconds)
    }

    /// What the `tokens` metric counts. Saturates.
    package var tokens: Int64 {
        let (sum, overflowed) = prompt.addingReportingOverflow(completion)
        return overflowed ? .max : sum
    }
}
