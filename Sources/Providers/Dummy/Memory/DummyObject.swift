import Domain

/// Something that a project made at the dummy provider: its JSON as it is shown, and what belongs to it
/// unseen.
struct DummyObject: Sendable {
    enum Kind: String, Sendable {
        case file, upload, part, batch, response, conversation
        case chatCompletion = "chat completion"
        case vectorStore = "vector store"
        case vectorStoreFile = "vector store file"
        case vectorStoreFileBatch = "vector store file batch"
    }

    let kind: Kind
    let id: String
    /// The id of the object that it belongs to, and ends with.
    let parent: String?
    /// The JSON text that is shown. Kept as text, whose size is known.
    private(set) var text: [UInt8]
    /// A file's bytes, or JSON text that is not shown.
    var content: [UInt8]
    /// What it becomes at a moment.
    private(set) var later: (text: [UInt8], at: Timestamp)?

    init(
        _ kind: Kind, _ id: String, parent: String? = nil, _ value: JSONValue, content: [UInt8] = []
    ) {
        self.kind = kind
        self.id = id
        self.parent = parent
        text = value.encoded
        self.content = content
    }

    var value: JSONValue {
        get { (try? JSONValue(parsing: text)) ?? .null }
        set { text = newValue.encoded }
    }

    /// The content as a document.
    var hidden: JSONValue { (try? JSONValue(parsing: content)) ?? .null }

    /// What memory it counts for: its bytes and some for the rest of it.
    var byteCount: Int { text.count + content.count + (later?.text.count ?? 0) + 512 }

    mutating func become(_ value: JSONValue, at moment: Timestamp) { later = (value.encoded, moment) }

    /// It stays what it is.
    mutating func settle() { later = nil }

    /// As it is at this moment.
    mutating func bring(to now: Timestamp) {
        guard let later, later.at <= now else { return }
        text = later.text
        self.later = nil
    }
}
