import Domain

/// Reads the usage off one answer as its bytes pass: every place where OpenAI puts it, in a JSON text or in a
/// stream of events.
///
/// One is made for each answer; it never allocates for a name or a chunk, keeps no byte back, and reads the
/// same whatever the pieces are. Of an answer that was cut off it knows what was whole. What it kept is asked
/// for with ``finish()``, ``model`` and ``objectID``.
package final class UsageMeter {
    let kind: Endpoint.Kind
    private let label: Form
    /// What the label says, until the bytes say what it is.
    var form: Form
    /// The bytes have told the form.
    var isDecided = false
    /// They are an object or an array.
    var isReadable = false
    let scanner: UsageScanner
    var frame = EventFrame()
    var pattern = EventPattern()
    var reading = UsageReading()
    /// What the answer told so far, and of the images that a hosted tool made.
    private var tally: UsageTally?
    private var imageTally: UsageTally?
    /// Of the content that was seen, the bytes of names that the API gives.
    private var labelBytes: Int64 = 0
    /// The usage was told where no output was: behind all of it.
    private var isFinal = false
    private var outputIsAudio = false
    /// The answer said whose grammar it is.
    private var isMessage = false
    /// Of the stream's events so far, the names were taken.
    private var hadModel = false
    private var hadObjectID = false
    /// The usage is of a response in the background.
    private var isOfBackground = false

    package init(_ kind: Endpoint.Kind, form: Form) {
        self.kind = kind
        label = form
        self.form = form
        scanner = UsageScanner(kind: kind, isEvent: form == .events)
    }

    /// The answer's next bytes.
    package func take(_ bytes: UnsafeRawBufferPointer) {
        guard form != .opaque, let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
            return
        }
        let start = isDecided ? 0 : decide(base, bytes.count)
        if form == .json {
            _ = scanner.scan(base, start, bytes.count)
        } else if form == .events {
            _ = scanEvents(base, start, bytes.count, stopsAtUsageChunk: false)
            frame.leave()
        }
    }

    /// What the answer said, once its last byte was taken or none will follow. `isComplete`: it came to its
    /// end, as its framing tells it, whether or not its content has one.
    package func finish(isComplete: Bool = false) -> UsageReading {
        scanner.breakLine()
        switch form {
        case .opaque, .unknown: reading.isWhole = true
        case .json:
            adoptText()
            reading.isWhole = scanner.isClosed
        // An event without its blank line: what it told is true all the same.
        case .events: if frame.hasData, scanner.isClosed { adoptEvent() }
        }
        reading.isReadable = form == .events ? reading.events > 0 || reading.isWhole : isReadable
        reading.hasFinishReason = scanner.hasFinishReason
        reading.tier = kind == .batches ? .batch : scanner.tier
        conclude(isComplete: isComplete)
        let isShared = kind == .batches || kind == .threads || isOfBackground
        reading.isOfLaterObject = isShared && reading.usage != nil && reading.status?.isEnd == true
        return reading
    }

    /// The stream said so far why its output ended.
    var hasFinishReason: Bool { scanner.hasFinishReason }

    /// How many events there were, where the bytes so far are a stream that stands between two of them and
    /// has told neither its end nor an error; else nil.
    package var nextEvent: Int64? { frame.isBetweenEvents ? openEvents : nil }

    /// The same wherever the stream stands. Who has a stream that is not labelled as one does not look for
    /// events.
    var openEvents: Int64? {
        form == .events && label == .events && !reading.isWhole && !reading.hasError ? reading.events : nil
    }

    /// The model that answered; nil where it was not told, or in more than 256 bytes.
    package var model: String? {
        scanner.model.text
    }

    /// The id of the completion, response, run or batch; nil where it was not told, or in more than 128
    /// bytes.
    package var objectID: String? {
        scanner.objectID.text
    }

    /// The id of a run's thread; nil where it was not told, or in more than 64 bytes.
    package var threadID: String? {
        scanner.threadID.text
    }

    /// The bytes of ``model``, none where it was not told.
    package func withModel<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        scanner.model.withBytes(body)
    }

    /// The bytes of ``objectID``, none where it was not told.
    package func withObjectID<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        scanner.objectID.withBytes(body)
    }

    // MARK: - What a text comes to

    /// The text of an event is complete.
    func endEvent() {
        guard frame.hasData else { return }
        adoptEvent()
        scanner.reset()
    }

    /// An event like the one before it, whose text has so many bytes.
    func adoptLike(contentBytes: Int) {
        reading.events += 1
        reading.contentEvents += 1
        reading.contentBytes += Int64(contentBytes)
    }

    private func adoptEvent() {
        guard !scanner.isMarker else {
            reading.isWhole = true
            return
        }
        reading.events += 1
        let name = scanner.name == .none ? frame.name : scanner.name
        if scanner.hasError || name == .error { reading.hasError = true }
        guard kind != .threads || name == .run else {
            // The names are those of a thread, a step or a message.
            if !hadModel { scanner.model.clear() }
            if !hadObjectID { scanner.objectID.clear() }
            return
        }
        hadModel = !scanner.model.isEmpty
        hadObjectID = !scanner.objectID.isEmpty
        let isLast =
            scanner.isClosed && (name == .last || name == .lastOfSpeech || name == .messageStop)
        if isLast { reading.isWhole = true }
        if isLast || kind != .responses, scanner.isClosed { adoptUsage(of: name) }
        adoptCounts()
    }

    private func adoptText() {
        guard !scanner.isRunStep else { return }
        if scanner.name == .message { isMessage = true }
        adoptUsage(of: .none)
        adoptCounts()
    }

    private func adoptUsage(of name: EventName) {
        if name.isOfMessage { isMessage = true }
        if scanner.hasImageUsage { imageTally = scanner.imageTally }
        guard scanner.hasUsage else { return }
        isOfBackground = scanner.isBackground
        if tally == nil { tally = scanner.tally } else { tally?.adopt(scanner.tally) }
        if name == .lastOfSpeech { outputIsAudio = true }
        if name == .messageDelta { scanner.hasFinishReason = true }
        // Beside output it may be what was used so far, be it that of one choice of many.
        if scanner.choices != .filled, name != .messageStart { isFinal = true }
    }

    private func adoptCounts() {
        if let status = scanner.status { reading.status = status }
        guard scanner.hasContent else { return }
        reading.contentEvents += 1
        reading.contentBytes += scanner.contentBytes
        labelBytes += scanner.labelBytes
    }

    // MARK: - What the answer comes to

    /// What the usage that was told is worth.
    private func conclude(isComplete: Bool) {
        guard let tally else { return }
        var (usage, isSound) = tally.settled(of: kind)
        // Where the classes of the output are not told, it is all of one.
        if !tally.marks.contains(.outputClasses) {
            if kind == .images { usage.imageCompletion = usage.completion }
            if outputIsAudio { usage.audioCompletion = usage.completion }
        }
        guard isTold(usage) else { return }
        guard isFinal || reading.isWhole || isComplete || form == .json else {
            reading.completionSoFar = usage.completion
            return
        }
        if let imageTally, let images = Self.images(imageTally) {
            reading.toolImages = images.usage
            isSound = isSound && images.isSound
        }
        let isKnown = kind.tellsUsage || isMessage && reading.isWhole
        let isMissing = usage.prompt == 0 && usage.completion > 0 && kind.isOfText
        reading.isExact = isSound && isKnown && !isMissing
        reading.usage = usage
    }

    private static func images(_ tally: UsageTally) -> (usage: Usage, isSound: Bool)? {
        var (usage, isSound) = tally.settled(of: .images)
        guard usage.tokens > 0 else { return nil }
        if !tally.marks.contains(.inputClasses) { usage.imagePrompt = usage.prompt }
        if !tally.marks.contains(.outputClasses) { usage.imageCompletion = usage.completion }
        return (usage, isSound)
    }

    /// Whether the numbers tell anything. Nothing at all was used by no answer but that of an object that
    /// failed or is not done yet; and no text was written without a token.
    private func isTold(_ usage: Usage) -> Bool {
        let isDone = reading.status == .completed || reading.status == .incomplete
        if kind == .batches || kind == .threads || isOfBackground, !isDone {
            return reading.status != .inProgress
        }
        if kind == .responses, reading.contentBytes == 0, !isDone, reading.status?.isEnd == true {
            return true
        }
        guard usage.tokens > 0 || usage.audioMilliseconds > 0 else { return false }
        if kind == .images { return usage.completion > 0 }
        guard kind.isOfText || isMessage, usage.completion == 0 else { return true }
        return reading.contentBytes <= labelBytes
    }
}

extension Endpoint.Kind {
    /// What its answers show is text, written by a model from text.
    fileprivate var isOfText: Bool { self == .chatCompletions || self == .completions || self == .responses }
}
