import Domain

import Glibc

/// The events of a stream that mean something to the meter, by the endpoint they come from.
enum EventName: UInt8 {
    /// The event has no name.
    case none
    /// One of no meaning here.
    case other
    /// The last event of the answer, which carries its usage.
    case last
    /// The same for speech: its output tokens are audio.
    case lastOfSpeech
    /// A state of a run of an assistant; not of one of its steps.
    case run
    case error
    /// Of Anthropic's messages: the whole of one, the first event of a stream, the one that tells why it
    /// ended and what it used, and the last.
    case message, messageStart, messageDelta, messageStop

    /// The longest name that is looked at.
    static let limit = 64

    init(_ name: UnsafeRawBufferPointer, from kind: Endpoint.Kind) {
        self = name.spells("error") ? .error : Self.meaning(of: name, from: kind)
    }

    private static func meaning(of name: UnsafeRawBufferPointer, from kind: Endpoint.Kind) -> EventName {
        switch kind {
        case .chatCompletions, .completions: .other
        case .responses:
            name.spells("response.completed") || name.spells("response.incomplete")
                || name.spells("response.failed") || name.spells("response.cancelled") ? .last : .other
        case .threads: name.begins("thread.run.") && !name.begins("thread.run.step.") ? .run : .other
        case .audio:
            name.spells("speech.audio.done")
                ? .lastOfSpeech : name.spells("transcript.text.done") ? .last : .other
        case .images:
            name.spells("image_generation.completed") || name.spells("image_edit.completed") ? .last : .other
        case .embeddings, .conversations, .models, .moderations, .files, .uploads, .batches, .assistants,
            .videos, .realtime, .containers, .evals, .skills, .vectorStores, .fineTuning, .organization,
            .projects, .account, .modelDeletion, .chatkit, .other:
            name.ends(".completed") || name.ends(".done") ? .last : ofMessage(name)
        }
    }

    private static func ofMessage(_ name: UnsafeRawBufferPointer) -> EventName {
        guard name.begins("message") else { return .other }
        if name.count == 7 { return .message }
        if name.spells("message_start") { return .messageStart }
        if name.spells("message_delta") { return .messageDelta }
        return name.spells("message_stop") ? .messageStop : .other
    }

    /// The grammar of the answer is that of Anthropic's messages.
    var isOfMessage: Bool {
        switch self {
        case .message, .messageStart, .messageDelta, .messageStop: true
        case .none, .other, .last, .lastOfSpeech, .run, .error: false
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Compared without a look at Unicode and without memory.
    func spells(_ text: StaticString) -> Bool { count == text.utf8CodeUnitCount && begins(text) }

    fileprivate func begins(_ text: StaticString) -> Bool {
        guard let base = baseAddress, count >= text.utf8CodeUnitCount else { return false }
        return memcmp(base, text.utf8Start, text.utf8CodeUnitCount) == 0
    }

    fileprivate func ends(_ text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        return UnsafeRawBufferPointer(rebasing: self[(count - text.utf8CodeUnitCount)...]).spells(text)
    }
}
