package import Domain

/// What one answer said of its usage and of itself, as far as it was seen. The names in it (the model, the
/// object's id) stay in the ``UsageMeter``, where they need no memory of their own.
package struct UsageReading: Hashable, Sendable {
    /// What has become of the response, run or batch that the answer tells of.
    package enum Status: Hashable, Sendable {
        case inProgress, completed, incomplete, failed, cancelled, expired

        var isEnd: Bool { self != .inProgress }
    }

    /// nil where the answer told none. Where it told more than once, the last one: OpenAI repeats the sum.
    package var usage: Usage?
    /// nil for what has no status, and for one that nobody knows.
    package var status: Status?
    /// The usage is that of an object which may be seen by others and again, and which is charged when its end
    /// is first seen: a batch, a run, a response in the background.
    package var isOfLaterObject = false
    /// The answer was seen to its end, as its content tells it: a JSON text whose brackets are closed, a
    /// stream that said `[DONE]` or sent the event that is its last. Content that has no end of its own is
    /// always whole.
    package var isWhole = false
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
