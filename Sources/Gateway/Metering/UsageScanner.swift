import Domain

/// Reads one JSON text as it passes, in pieces of any size, and keeps what it says of usage: the objects on
/// the path to `usage` are read by their keys, everything else is passed over with a count of its brackets.
///
/// The path is the top level, or in the events of a response the `response` inside it; then `usage`; then its
/// details. No key counts that stands anywhere else: in a string, an array, metadata, a tool's arguments.
/// Memory does not depend on the text. The structure off the path is not judged: a text that is no JSON gives
/// some reading, the same for every split, never a trap.
///
/// A class, for it holds about a kilobyte that would be copied again and again as a value.
final class UsageScanner {
    /// The object on the path whose keys are being read.
    enum Node: UInt8 { case outside, root, response, usage, inputDetails, outputDetails }

    /// What the value behind a key is for.
    enum Role: UInt8 {
        case none, key
        case model, objectID, status, type, object
        case error, choices, delta, response, usage, inputDetails, outputDetails
        case prompt, completion, seconds, cached, cacheWrite, audio, image, reasoning
        case background

        /// Its value is a string that is read.
        var isText: Bool { rawValue >= Role.key.rawValue && rawValue <= Role.object.rawValue }
        /// Its value is a number or a literal that is read.
        var isScalar: Bool { rawValue >= Role.prompt.rawValue }
    }

    enum Mode: UInt8 {
        /// In front of the text.
        case start
        /// On the path: in front of a key, a colon, a value; behind a value.
        case key, colon, value, rest
        /// Inside a string that is passed over, or collected; inside a number that is collected.
        case string, text, count
        /// Behind the bracket of `choices`: empty or not.
        case choices
        /// Inside a value off the path, outside and inside of its strings.
        case skip, skipString
        /// Inside what may be `[DONE]`.
        case marker
        /// Behind the text; and where it is none.
        case closed, ignored
    }

    enum Choices: UInt8 { case absent, empty, filled }

    let kind: Endpoint.Kind
    /// The text is the data of an event: it ends with its line, and `[DONE]` may stand for it.
    let isEvent: Bool

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
    /// What was read in front of it is more than ``resume(depth:)`` knows of.
    var isOddHead = false

    // What the text said.
    var name = EventName.none
    var status: UsageReading.Status?
    var usage = Usage()
    /// A closed `usage` object with a count in it.
    var hasUsage = false
    /// `usage` is an object, whatever it says.
    var hasUsageObject = false
    var hasCount = false
    var hasOutputDetails = false
    var choices = Choices.absent
    var hasError = false
    var isRunStep = false
    /// The response's own `background`.
    var isBackground = false
    var hasContent = false
    var contentBytes: Int64 = 0

    // The names are kept over all texts of an answer; the first one stays.
    var model = BoundedBytes<256>()
    var objectID = BoundedBytes<128>()
    var scratch = BoundedBytes<256>()

    init(kind: Endpoint.Kind, isEvent: Bool) {
        self.kind = kind
        self.isEvent = isEvent
    }

    /// Forgets the text, not the names.
    func reset() {
        mode = .start
        node = .outside
        isEscaped = false
        name = .none
        choices = .absent
        hasUsage = false
        hasUsageObject = false
        hasError = false
        isRunStep = false
        isBackground = false
        hasContent = false
        contentBytes = 0
        status = nil
        firstText = -1
        firstTextEnd = -1
    }

    /// In front of the first text in `choices`, where nothing else was said before.
    func resume(depth: Int) {
        node = .root
        beginFilledChoices()
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
    /// The text is a whole object with an empty `choices` and a `usage`: what a stream ends with where it was
    /// asked for its usage.
    var isUsageChunk: Bool { mode == .closed && choices == .empty && hasUsageObject }

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
            if role.isText {
                beginText()
            } else {
                isContentString = role == .delta
                if isContentString { hasContent = true }
                mode = .string
            }
        case 0x7B: openObject()
        case 0x5B:
            if role == .choices { mode = .choices } else { beginSkip() }
        default:
            guard role.isScalar else {
                mode = .rest
                return false
            }
            scratch.clear()
            mode = .count
            return false
        }
        return true
    }

    func openObject() {
        switch role {
        case .response:
            node = .response
            mode = .key
        case .usage:
            node = .usage
            usage = Usage()
            hasUsage = false
            hasUsageObject = true
            hasCount = false
            hasOutputDetails = false
            mode = .key
        case .inputDetails:
            node = .inputDetails
            mode = .key
        case .outputDetails:
            node = .outputDetails
            hasOutputDetails = true
            mode = .key
        case .error:
            hasError = true
            beginSkip()
        case .none, .key, .model, .objectID, .status, .type, .object, .choices, .delta, .prompt, .completion,
            .seconds, .cached, .cacheWrite, .audio, .image, .reasoning, .background:
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

    func closeEmptyChoices() {
        if choices == .absent { choices = .empty }
        mode = .rest
    }

    func beginFilledChoices() {
        choices = .filled
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
        case .response: node = .root
        case .usage:
            hasUsage = hasCount
            node = isWrapped ? .response : .root
        case .inputDetails, .outputDetails: node = .usage
        }
    }
}
