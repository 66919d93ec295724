package import Domain

/// What one answer said of its usage and of itself, as far as it was seen. The names in it (the model, the
/// object's id) stay in the ``UsageMeter``, where they need no memory of their own.
package struct UsageReading: Hashable, Sendable {
    /// What has become of the response, run or batch that the answer tells of.
    package enum Status: Hashable, Sendable {
        case inProgress, completed, incomplete, failed, cancelled, expired

        var isEnd: Bool { self != .inProgress }
    }

    /// nil where the answer told none, or one that cannot be true: nothing used, or nothing written beside
    /// text that was seen. Where it told more than once, the last that says something: the sum is repeated,
    /// and a zero says nothing.
    package var usage: Usage?
    /// The numbers of the usage do not contradict each other, and are of a grammar that we know.
    package var isExact = false
    /// What the images used that a hosted tool of a response made: not part of ``usage``.
    package var toolImages: Usage?
    /// The tier that the answer says it was served in; nil where it names none.
    package var tier: ServiceTier?
    /// The output tokens that a stream told of before its output had ended, where it told no more.
    package var completionSoFar: Int64 = 0
    /// Some of the answer could be read; false for what is compressed, or cut off in front of its content.
    package var isReadable = false
    /// nil for what has no status, and for one that nobody knows.
    package var status: Status?
    /// The usage is that of an object which may be seen by others and again, and which is charged when its
    /// end is first seen: a batch, a run, a response in the background.
    package var isOfLaterObject = false
    /// The answer was seen to its end, as its content tells it: a JSON text whose brackets are closed, a
    /// stream that said `[DONE]` or sent the event that is its last. Content that has no end of its own is
    /// always whole.
    package var isWhole = false
    /// The stream said why its output ended (`finish_reason`): what may still come is its usage.
    package var hasFinishReason = false
    /// An event of the stream was an error.
    package var hasError = false
    /// The events with data, `[DONE]` not among them.
    package var events: Int64 = 0
    /// Of these, the ones that carried a part of the output: a non-empty `choices`, or a `delta` of text.
    /// About one completion token each.
    package var contentEvents: Int64 = 0
    /// The bytes of the strings in them: never fewer than completion tokens that the client could read.
    package var contentBytes: Int64 = 0

    package init() {}
}
