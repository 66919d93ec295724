/// Why a request's use cannot be bounded by its bytes: what it names lies with the upstream or elsewhere, or
/// counts for more tokens than it has bytes. A request without any has a hard upper bound.
package struct OpenEnds: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// An image by URL or in the body: a few bytes can be a large picture.
    package static let image = OpenEnds(rawValue: 1 << 0)
    /// A file by id, URL or in the body: its text and pictures are read by the upstream.
    package static let file = OpenEnds(rawValue: 1 << 1)
    /// Sound in the body, or wanted as an answer.
    package static let audio = OpenEnds(rawValue: 1 << 2)
    /// `prompt` of a response: a text that is kept by the upstream.
    package static let storedPrompt = OpenEnds(rawValue: 1 << 3)
    /// `previous_response_id`: all that was said before.
    package static let previousResponse = OpenEnds(rawValue: 1 << 4)
    package static let conversation = OpenEnds(rawValue: 1 << 5)
    /// An item of the input that has an id, and so may be kept by the upstream.
    package static let storedItem = OpenEnds(rawValue: 1 << 6)
    /// A tool that the upstream runs itself, whose results it reads, in as many rounds as it likes.
    package static let builtInTool = OpenEnds(rawValue: 1 << 7)
    /// A key inside the messages is spelled with escapes.
    package static let unreadable = OpenEnds(rawValue: 1 << 8)
    /// The answer comes later, perhaps through somebody else.
    package static let background = OpenEnds(rawValue: 1 << 9)
    /// The requests lie in a file.
    package static let batch = OpenEnds(rawValue: 1 << 10)
    /// The messages lie in a thread.
    package static let thread = OpenEnds(rawValue: 1 << 11)
    /// The model searches the web, or does other things of its own.
    package static let model = OpenEnds(rawValue: 1 << 12)
    /// An endpoint whose use is not known here.
    package static let unmetered = OpenEnds(rawValue: 1 << 13)
    /// The body was not held, so that nothing is known of it but its length.
    package static let unread = OpenEnds(rawValue: 1 << 14)

    /// Names other models beside `model`: in a tool, or to fall back on.
    package static let otherModel = OpenEnds(rawValue: 1 << 20)

    /// One word for each, in a fixed order: for explanations and metric labels.
    package static let names: [(OpenEnds, String)] = [
        (.image, "image"), (.file, "file"), (.audio, "audio"), (.storedPrompt, "stored_prompt"),
        (.previousResponse, "previous_response"), (.conversation, "conversation"),
        (.storedItem, "stored_item"), (.builtInTool, "built_in_tool"), (.unreadable, "unreadable"),
        (.background, "background"), (.batch, "batch"), (.thread, "thread"), (.model, "model"),
        (.unmetered, "unmetered"), (.unread, "unread"), (.otherModel, "other_model"),
    ]

    /// The first of them by name; nil where there is none.
    package var reason: String? { Self.names.first { contains($0.0) }?.1 }
}
