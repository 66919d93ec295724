package import Domain

/// What is charged where the upstream did not say, or not to the end, what a request used: marked as
/// estimated, and never less than what was seen.
///
/// - A request whose prompt and output are bounded, and whose output is text: the bound of its prompt, and
///   what each of its choices can have been given at ``UsageBound/Defaults/untoldTokensPerSecond`` from
///   dispatch to the close of its connection, and a second more; or what was seen of it, if that is more.
///   Never above the bound. It holds for an upstream that stops when its connection closes.
/// - Every other request: its bound, for time tells nothing of it; or what was seen, if that is more.
///
/// What was seen: a prompt token for every four bytes that bound the prompt, which is about English text with
/// its JSON; a completion token for every four bytes of content, or for every piece of a stream that had
/// content, whichever is more. Reasoning that is not shown is covered by the time alone.
package struct UsageEstimate: Hashable, Sendable {
    package private(set) var usage: Usage
    package private(set) var cost: Money

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

    /// `seen` is nil where no byte of an answer came. `nanoseconds`: from dispatch to the close of the
    /// connection.
    package init(
        within bound: UsageBound, seen: Seen?, nanoseconds: Int64, tokensPerSecond: Int64,
        price: ModelPrice?, terms: ModelPrice.Terms = .init()
    ) {
        usage = Usage(prompt: bound.prompt, completion: bound.completion)
        usage.audioMilliseconds = bound.audioMilliseconds
        cost = bound.cost
        if bound.growsWithTime {
            usage.completion = bound.completion(within: nanoseconds, at: tokensPerSecond)
            let timed = price?.bound(
                prompt: usage.prompt, completion: usage.completion, withMedia: false, on: terms)
            cost = min(bound.cost, timed ?? .zero)
        }
        guard let seen, !bound.isEstimate else { return }
        var shown = Usage(
            prompt: Self.quarter(bound.prompt), completion: max(Self.quarter(seen.contentBytes), seen.pieces))
        if bound.isHard { shown.completion = min(shown.completion, bound.completion) }
        if shown.tokens > usage.tokens { usage = shown }
        cost = max(cost, price?.cost(of: shown, on: terms) ?? .zero)
    }

    /// Rounded up, so that something is never nothing.
    static func quarter(_ bytes: Int64) -> Int64 { bytes / 4 + (bytes % 4 == 0 ? 0 : 1) }
}
