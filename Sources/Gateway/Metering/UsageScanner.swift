import Domain

/// Reads one JSON text as it passes, in pieces of any size, and keeps what it says of usage: the objects on
/// the path to `usage` are read by their keys, everything else is passed over with a count of its brackets.
///
/// The path is the top level, or in the events of a response the `response` inside it (of Anthropic's the
/// `message`); then `usage`; then its details. Beside it, `x_groq.usage`, `tool_usage.image_gen`, and the
/// `usage` of a choice. No key counts that stands anywhere else: in a string, an array, metadata, a tool's
/// arguments. Memory does not depend on the text. The structure off the path is not judged: a text that is no
/// JSON gives some reading, the same for every split, never a trap.
///
/// A class, for it holds about a kilobyte that would be copied again and again as a value.
final class UsageScanner {
    let kind: Endpoint.Kind
    /// The endpoint is none whose usage is described: it may be Anthropic's, or unlike any.
    let isForeign: Bool
    /// The text is the data of an event: it ends with its line, and `[DONE]` may stand for it.
    var isEvent: Bool

    var mode = Mode.start
    var node = Node.outside
    var role = Role.none
    var isEscaped = false
    var hasEscapes = false
    /// Inside a value off the path that carries output.
    var countsContent = false
    var isContentString = false
    /// Open brackets off the path.
    var depth = 0
    /// The last byte off the path that was no space, of the pieces before this one.
    var lastByte: UInt8 = 0
    var marked = 0

    /// Where the first text in `choices` begins and ends in the bytes at hand, with its quotes, and how many
    /// brackets are open there; -1 where there was none, and where it is not known.
    var firstText = -1
    var firstTextEnd = -1
    var firstTextDepth = 0
    /// What was read in front of it is more than ``resume(depth:key:)`` knows of.
    var isOddHead = false
    /// What the first text is, and the string behind the last key that was met inside the output.
    var firstTextKey = ContentKey.text
    var contentKey = ContentKey.text

    // What the text said.
    var name = EventName.none
    var status: UsageReading.Status?
    /// The `usage` that is open; where it is closed the `usage` of the text.
    var open = UsageTally()
    var tally = UsageTally()
    /// Of the images that a hosted tool made.
    var imageTally = UsageTally()
    /// A closed `usage` object with a count in it, and one of images.
    var hasUsage = false
    var hasImageUsage = false
    /// `usage` is an object, whatever it says.
    var hasUsageObject = false
    /// The object that the open `usage` lies in.
    var parent = Node.root
    var choices = Choices.absent
    /// An event says something that is not among what a chunk of usage consists of.
    var hasExtra = false
    var hasError = false
    var isRunStep = false
    /// The response's own `background`.
    var isBackground = false
    var hasContent = false
    var contentBytes: Int64 = 0
    /// Of these, the bytes of names that the API gives.
    var labelBytes: Int64 = 0

    // Known from any text of the answer: that its output has ended, and how it was served.
    var hasFinishReason = false
    var hasChoiceUsage = false
    var tier: ServiceTier?

    // The names are kept over all texts of an answer; the first one stays.
    var model = BoundedBytes<256>()
    var objectID = BoundedBytes<128>()
    /// Of a run.
    var threadID = BoundedBytes<64>()
    var scratch = BoundedBytes<256>()

    init(kind: Endpoint.Kind, isEvent: Bool) {
        self.kind = kind
        self.isEvent = isEvent
        isForeign = !kind.tellsUsage
    }

    /// Forgets the text, not the names.
    func reset() {
        mode = .start
        node = .outside
        isEscaped = false
        name = .none
        choices = .absent
        hasUsage = false
        hasImageUsage = false
        hasUsageObject = false
        hasExtra = false
        hasError = false
        isRunStep = false
        isBackground = false
        hasContent = false
        contentBytes = 0
        labelBytes = 0
        status = nil
        firstText = -1
        firstTextEnd = -1
    }

    /// In front of the first text in `choices`, which is behind `key`, where nothing else was said before.
    func resume(depth: Int, key: ContentKey) {
        node = .root
        beginFilledChoices()
        contentKey = key
        self.depth = depth
        lastByte = 0x3A
    }

    /// Nothing but the first text and names that are known already.
    var saysOnlyText: Bool {
        mode == .closed && choices == .filled && !saysMore
            && contentBytes == Int64(firstTextEnd &- firstText &- 2)
    }

    private var saysMore: Bool {
        hasUsageObject || hasError || isRunStep || name != .none || status != nil
    }

    /// A whole text was read, and it was an object or an array.
    var isClosed: Bool { mode == .closed }
    /// The text was `[DONE]`.
    var isMarker: Bool { mode == .marker && marked == Self.marker.utf8CodeUnitCount }
    /// Whatever follows, the text is not an object with an empty `choices`.
    var isOrdinary: Bool { choices == .filled || mode == .ignored || mode == .marker }
    /// The text is a whole object with an empty `choices` and a `usage` and nothing that was not asked for
    /// with them: what a stream ends with where it was asked for its usage.
    var isUsageChunk: Bool {
        mode == .closed && choices == .empty && hasUsageObject && !hasExtra && !hasError
    }

    static let marker: StaticString = "[DONE]"

    /// Usage of an event stands in its `response`.
    var isWrapped: Bool { isEvent && kind == .responses }

    // MARK: - Reading

    /// Reads on at `start`. Returns `end`, or in an event where its line ends.
    func scan(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        var index = start
        while index < end {
            switch mode {
            case .key:
                index = members(base, index, end)
                guard mode == .key, index < end else { continue }
            case .skip:
                index = skip(base, index, end)
                guard mode == .skip, index < end else { continue }
                return index
            case .string, .skipString:
                index = passString(base, index, end)
                guard index < end, mode == .string || mode == .skipString else { continue }
                return index
            case .text:
                index = collectString(base, index, end)
                guard index < end, mode == .text else { continue }
                return index
            case .count:
                index = collectCount(base, index, end)
                continue
            case .ignored where !isEvent: return end
            case .start, .colon, .value, .rest, .choices, .marker, .closed, .ignored: break
            }
            let byte = base[index]
            if byte == 0x0A || byte == 0x0D, isEvent { return index }
            if mode == .ignored, isEvent {
                index = JSONBytes.lineEnd(base, index, end)
            } else if step(byte) {
                index &+= 1
            }
        }
        return index
    }

    /// The data goes on in another line, which JSON takes for a space.
    func breakLine() {
        isEscaped = false
        switch mode {
        case .count: finishCount()
        case .marker: mode = .ignored
        case .start, .key, .colon, .value, .rest, .string, .text, .choices, .skip, .skipString, .closed,
            .ignored:
            break
        }
    }

    /// Takes one byte between the values of the path. False where it is to be looked at once more.
    private func step(_ byte: UInt8) -> Bool {
        let isSpace = byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
        switch mode {
        case .start: if !isSpace { begin(byte) }
        case .key:
            if byte == JSONBytes.quote {
                role = .key
                beginText()
            } else if byte == 0x7D {
                closeNode()
            }
        case .colon: if byte == 0x3A { mode = .value }
        case .value: return isSpace || beginValue(byte)
        case .rest:
            if byte == 0x2C { mode = .key } else if byte == 0x7D { closeNode() }
        case .choices:
            guard !isSpace else { return true }
            return beginChoices(byte)
        case .marker:
            let isNext = marked < Self.marker.utf8CodeUnitCount && Self.marker.utf8Start[marked] == byte
            if isNext { marked += 1 } else if !isSpace { mode = .ignored }
        case .closed: if !isSpace { mode = .ignored }
        case .ignored, .string, .text, .count, .skip, .skipString: break
        }
        return true
    }

    private func begin(_ byte: UInt8) {
        switch byte {
        case 0x7B:
            node = .root
            mode = .key
        case 0x5B where isEvent:
            mode = .marker
            marked = 1
        case 0x5B: beginSkip()
        // A byte order mark.
        case 0xEF, 0xBB, 0xBF: break
        default: mode = .ignored
        }
    }

    // MARK: - Values

    /// In front of a value whose ``role`` is known.
    private func beginValue(_ byte: UInt8) -> Bool {
        switch byte {
        case JSONBytes.quote:
            if role == .error { hasError = true }
            if role.isText || role.isCount || role == .extra {
                beginText()
            } else {
                isContentString = role == .delta
                if isContentString { hasContent = true }
                mode = .string
            }
        case 0x7B: openObject()
        case 0x5B:
            if role == .choices || role == .output { mode = .choices } else { openArray() }
        default:
            guard role.isScalar else {
                if role == .extra, byte != Self.null { hasExtra = true }
                mode = .rest
                return false
            }
            scratch.clear()
            mode = .count
            return false
        }
        return true
    }

    /// What `null` begins with.
    static let null: UInt8 = 0x6E

    /// A list that is passed over.
    func openArray() {
        if role == .extra || role == .error { hasExtra = true }
        if role.isCount { open.marks.insert(.odd) }
        beginSkip()
    }

    func openObject() {
        switch role {
        case .response:
            node = .response
            mode = .key
        case .usage, .imageUsage:
            parent = node
            node = .usage
            open = UsageTally()
            if role == .usage { hasUsageObject = true }
            mode = .key
        case .groq:
            node = .groq
            hasExtra = true
            mode = .key
        case .toolUsage:
            node = .toolUsage
            mode = .key
        case .inputDetails:
            node = .inputDetails
            open.marks.insert(.inputClasses)
            mode = .key
        case .outputDetails:
            node = .outputDetails
            open.marks.insert(.outputClasses)
            mode = .key
        case .error:
            hasError = true
            beginSkip()
        case .extra:
            hasExtra = true
            beginSkip()
        case .delta where isForeign:
            hasContent = true
            beginSkip()
            countsContent = true
            contentKey = .text
        case .prompt, .input, .completion, .total, .seconds, .cached, .cacheWrite, .missed, .audio, .image,
            .reasoning, .cacheRead, .cacheCreation:
            open.marks.insert(.odd)
            beginSkip()
        case .none, .key, .model, .objectID, .threadID, .status, .type, .object, .tier, .choices, .output,
            .delta,
            .background:
            beginSkip()
        }
    }

    /// The first byte behind the bracket of `choices`.
    private func beginChoices(_ byte: UInt8) -> Bool {
        if byte == 0x5D {
            closeEmptyChoices()
            return true
        }
        beginFilledChoices()
        return false
    }

    /// The same of ``Role/output``, which is none of an event's.
    func closeEmptyChoices() {
        if choices == .absent { choices = .empty }
        mode = .rest
    }

    func beginFilledChoices() {
        choices = .filled
        contentKey = .text
        hasContent = true
        beginSkip()
        countsContent = true
        isOddHead = contentBytes != 0 || saysMore
    }

    func beginSkip() {
        depth = 1
        lastByte = 0
        countsContent = false
        mode = .skip
    }

    func closeNode() {
        mode = .rest
        switch node {
        case .outside, .root:
            node = .outside
            mode = .closed
        case .response, .groq: node = .root
        case .toolUsage: node = isWrapped ? .response : .root
        case .usage: closeUsage()
        case .inputDetails, .outputDetails: node = .usage
        case .choice: break
        }
    }

    private func closeUsage() {
        node = parent
        if parent == .choice { leaveChoiceUsage() }
        guard open.hasCount else { return }
        if parent == .toolUsage {
            imageTally = open
            hasImageUsage = true
        } else if hasUsage {
            tally.adopt(open)
        } else {
            tally = open
            hasUsage = true
        }
    }
}
