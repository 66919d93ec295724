import Domain

/// Reads the usage off one answer as its bytes pass: every place where OpenAI puts it, in a JSON text or in a
/// stream of events.
///
/// One is made for each answer; it never allocates for a name or a chunk, keeps no byte back, and reads the same whatever the pieces are. Of an answer that was cut off it knows what was whole.
/// What it kept is asked for with ``finish()``, ``model`` and ``objectID``.
package final class UsageMeter {
    /// What the answer's content is made of.
    package enum Form: Hashable, Sendable {
        case json, events
        /// Nothing that can be read: audio, a file.
        case opaque

        /// By the value of the `content-type` field.
        package init(contentType: UnsafeRawBufferPointer) {
            let end = contentType.firstIndex { $0 == 0x3B || $0 == 0x20 || $0 == 0x09 }
            let type = UnsafeRawBufferPointer(rebasing: contentType[..<(end ?? contentType.count)])
            let suffix = UnsafeRawBufferPointer(rebasing: type.suffix(5))
            if type.equals("application/json") || suffix.equals("+json") {
                self = .json
            } else {
                self = type.equals("text/event-stream") ? .events : .opaque
            }
        }
    }

    let kind: Endpoint.Kind
    let form: Form
    let scanner: UsageScanner
    var frame = EventFrame()
    var pattern = EventPattern()
    var reading = UsageReading()
    /// Of the stream's events so far, the names were taken.
    private var hadModel = false
    private var hadObjectID = false
    /// The usage is of a response in the background.
    private var isOfBackground = false

    package init(_ kind: Endpoint.Kind, form: Form) {
        self.kind = kind
        self.form = form
        scanner = UsageScanner(kind: kind, isEvent: form == .events)
    }

    /// The answer's next bytes.
    package func take(_ bytes: UnsafeRawBufferPointer) {
        guard form != .opaque, let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
            return
        }
        if form == .json {
            _ = scanner.scan(base, 0, bytes.count)
        } else {
            _ = scanEvents(base, 0, bytes.count, stopsAtUsageChunk: false)
            frame.leave()
        }
    }

    /// What the answer said, once its last byte was taken or none will follow.
    package func finish() -> UsageReading {
        scanner.breakLine()
        switch form {
        case .opaque: reading.isWhole = true
        case .json:
            adoptText()
            reading.isWhole = scanner.isClosed
        // An event without its blank line: what it told is true all the same.
        case .events: if frame.hasData, scanner.isClosed { adoptEvent() }
        }
        let isShared = kind == .batches || kind == .threads || isOfBackground
        reading.isOfLaterObject = isShared && reading.usage != nil && reading.status?.isEnd == true
        return reading
    }

    /// How many events there were, where the bytes so far are a stream that stands between two of them and has told
    /// neither its end nor an error; else nil.
    package var nextEvent: Int64? { frame.isBetweenEvents ? openEvents : nil }

    /// The same wherever the stream stands.
    var openEvents: Int64? {
        form == .events && !reading.isWhole && !reading.hasError ? reading.events : nil
    }

    /// The model that answered; nil where it was not told, or in more than 256 bytes.
    package var model: String? {
        scanner.model.text
    }

    /// The id of the completion, response, run or batch; nil where it was not told, or in more than 128 bytes.
    package var objectID: String? {
        scanner.objectID.text
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
        let isLast = scanner.isClosed && (name == .last || name == .lastOfSpeech)
        if isLast { reading.isWhole = true }
        if isLast || kind != .responses, scanner.isClosed {
            adoptUsage(outputIsAudio: name == .lastOfSpeech)
        }
        adoptCounts()
    }

    private func adoptText() {
        guard !scanner.isRunStep else { return }
        adoptUsage(outputIsAudio: false)
        adoptCounts()
    }

    private func adoptUsage(outputIsAudio: Bool) {
        guard scanner.hasUsage else { return }
        isOfBackground = scanner.isBackground
        var usage = scanner.usage
        // Where the classes of the output are not told, it is all of one.
        if !scanner.hasOutputDetails {
            if kind == .images { usage.imageCompletion = usage.completion }
            if outputIsAudio { usage.audioCompletion = usage.completion }
        }
        reading.usage = usage
    }

    private func adoptCounts() {
        if let status = scanner.status { reading.status = status }
        guard scanner.hasContent else { return }
        reading.contentEvents += 1
        reading.contentBytes += scanner.contentBytes
    }
}
