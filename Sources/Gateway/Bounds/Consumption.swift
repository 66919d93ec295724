import Domain

/// What kind of use a request makes of its model, told by its method and path: it decides which of the body's
/// keys count and how the use is bounded.
///
/// A path below a known endpoint that is not known itself is `other`, never free.
package enum Consumption: String, CaseIterable, Hashable, Sendable {
    /// Nothing that is charged: reading, deleting, files, moderation, counting tokens beforehand.
    case free
    case chat, completion, embedding, response
    case image
    case imageEdit = "image_edit"
    case speech, transcription
    /// A run on a thread of messages that the upstream keeps.
    case run
    case batch
    case other

    /// `target` is the one that the endpoint was made from.
    package init(of endpoint: Endpoint, in target: UnsafeRawBufferPointer) {
        guard endpoint.method == .post else {
            self = .free
            return
        }
        let path = Segments(UnsafeRawBufferPointer(rebasing: target[endpoint.path]))
        switch endpoint.kind {
        case .chatCompletions: self = path.count == 2 ? .chat : .free
        case .completions: self = path.count == 1 ? .completion : .other
        case .embeddings: self = path.count == 1 ? .embedding : .other
        case .responses: self = Self.response(path)
        case .images:
            self = path.count == 2 && path.last("generations") ? .image : .imageEdit
        case .audio: self = Self.audio(path)
        case .threads: self = Self.thread(path)
        case .batches: self = path.count == 1 ? .batch : path.last("cancel") ? .free : .other
        case .models, .moderations, .files, .uploads, .conversations, .assistants, .containers, .skills,
            .vectorStores:
            self = .free
        case .videos, .realtime, .evals, .fineTuning, .organization, .projects, .other: self = .other
        }
    }

    /// Its requests have a JSON body, and no other.
    package var takesJSON: Bool {
        switch self {
        case .chat, .completion, .embedding, .response, .image, .speech, .run, .batch: true
        case .free, .imageEdit, .transcription, .other: false
        }
    }

    private static func response(_ path: Segments) -> Consumption {
        switch path.count {
        case 1: .response
        case 2: path.last("compact") ? .response : path.last("input_tokens") ? .free : .other
        case 3: path.last("cancel") ? .free : .other
        default: .other
        }
    }

    private static func audio(_ path: Segments) -> Consumption {
        guard path.count == 2 else { return .other }
        if path.last("speech") { return .speech }
        return path.last("transcriptions") || path.last("translations") ? .transcription : .other
    }

    /// Threads, messages and steps are free; what begins or goes on with a run is not.
    private static func thread(_ path: Segments) -> Consumption {
        switch path.count {
        case 1: .free
        case 2: path.last("runs") ? .run : .free
        case 3: path.last("messages") ? .free : .run
        default: path.last("cancel") ? .free : .run
        }
    }

    /// The parts of a path between its slashes, as they stand; an empty one at the end does not count.
    private struct Segments {
        let count: Int
        private let end: UnsafeRawBufferPointer

        init(_ path: UnsafeRawBufferPointer) {
            var path = path
            if path.last == 0x2F { path = UnsafeRawBufferPointer(rebasing: path.dropLast()) }
            var slashes = 0
            var start = 0
            for place in 0..<path.count where path[place] == 0x2F {
                slashes += 1
                start = place + 1
            }
            count = slashes
            end = UnsafeRawBufferPointer(rebasing: path[start...])
        }

        func last(_ text: StaticString) -> Bool {
            guard end.count == text.utf8CodeUnitCount else { return false }
            for place in 0..<end.count where end[place] != text.utf8Start[place] { return false }
            return true
        }
    }
}
