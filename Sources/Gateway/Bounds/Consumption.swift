/// What kind of use a request makes of its model, told by its method and path: it decides which of the body's
/// keys count and how the use is bounded.
///
/// ``EndpointUse`` tells it for each path; one that is not listed there is `other`, never free.
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

    /// Its requests have a JSON body, and no other: it is read as JSON whatever its client calls it, for an
    /// upstream may do the same.
    package var takesJSON: Bool {
        switch self {
        case .chat, .completion, .embedding, .response, .image, .speech, .run, .batch: true
        case .free, .imageEdit, .transcription, .other: false
        }
    }
}
