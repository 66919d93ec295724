package import Domain

/// What is charged where the upstream did not say, or not to the end, what a request used: marked as
/// estimated, and never nothing.
///
/// - The prompt: a token for every four bytes that bound it, which is about English text with its JSON.
/// - The completion: a token for every four bytes of content that were seen, or for every piece of a stream
///   that had content, whichever is more.
/// - Nothing of an answer was seen: the whole bound, for nothing tells less.
/// - Speech and transcription, whose answers show no tokens: the bound.
///
/// Reasoning that was not shown is not in it. Where the bound is hard, no estimate exceeds it.
package struct UsageEstimate: Hashable, Sendable {
    package var usage: Usage
    package var cost: Money

    /// How much of an answer went by.
    package struct Seen: Hashable, Sendable {
        /// Bytes of text that the model wrote, without the JSON around them.
        package var contentBytes: Int64
        /// Pieces of the stream that had some; 0 for an answer in one piece.
        package var pieces: Int64

        package init(contentBytes: Int64, pieces: Int64) {
            self.contentBytes = contentBytes
            self.pieces = pieces
        }
    }

    /// `seen` is nil where no byte of an answer came.
    package init(
        within bound: UsageBound, seen: Seen?, price: ModelPrice?, terms: ModelPrice.Terms = .init()
    ) {
        guard let seen, !bound.isEstimate else {
            usage = Usage(prompt: bound.prompt, completion: bound.completion)
            usage.audioMilliseconds = bound.audioMilliseconds
            cost = bound.cost
            return
        }
        var completion = max(Self.quarter(seen.contentBytes), seen.pieces)
        if bound.isHard { completion = min(completion, bound.completion) }
        usage = Usage(prompt: Self.quarter(bound.prompt), completion: completion)
        cost = price?.cost(of: usage, on: terms) ?? .zero
    }

    /// Rounded up, so that something is never nothing.
    private static func quarter(_ bytes: Int64) -> Int64 { bytes / 4 + (bytes % 4 == 0 ? 0 : 1) }
}
