package import Domain

/// What policy needs of a held JSON body, read from its bytes in one pass: no tree, no copy, memory that does
/// not grow with the body.
///
/// Only the top level's keys are read. One of ``Key`` in another case (or with U+017F for `s`, U+212A
/// for `k`, as Go folds) gives no value, but counts: met twice in any spellings, the body is refused, for two
/// parsers must not read two models. For the same reason the structure has to be JSON's own; numbers and
/// literals are not judged, for no parser finds another end of them.
///
/// A key with the value `null` is as good as absent. Inside `messages`, `input` and `tools` the pass only
/// looks out for what has no bound (``openEnds``).
package struct BodyPeek: Hashable, Sendable {
    /// The keys that are read. To add one: a case here, a property, a line in ``keep(_:at:of:)`` and one in
    /// ``candidate(_:)``.
    package enum Key: String, CaseIterable, Sendable {
        case model, stream, n, prompt, conversation, tools, modalities, audio, input, messages, prediction
        case background
        /// Models to fall back on, at some upstreams.
        case models, fallbacks
        case maxTokens = "max_tokens"
        case maxCompletionTokens = "max_completion_tokens"
        case maxOutputTokens = "max_output_tokens"
        case bestOf = "best_of"
        case streamOptions = "stream_options"
        case serviceTier = "service_tier"
        case previousResponse = "previous_response_id"
        case webSearch = "web_search_options"
        case cacheOptions = "prompt_cache_options"
    }

    /// A whole number that a key asks for, and where its value stands.
    package enum Amount: Hashable, Sendable {
        case absent
        case number(Int64, at: Range<Int>)
        /// Something else than a plain whole number, or a maximum of zero, which some upstreams take for none
        /// at all: what it means is the upstream's to say.
        case unreadable(at: Range<Int>)
    }

    package struct StreamOptions: Hashable, Sendable {
        /// Where the value stands, with its brackets.
        package var range: Range<Int>
        /// False for `null` and whatever else is no object.
        package var isObject: Bool
        /// nil where the key is not there, or neither `true` nor `false`.
        package var includesUsage: Bool?
    }

    /// How deep arrays and objects may lie in one another.
    package static let depthLimit = 512
    /// How many keys an object may have whose keys are read one by one: every SDK sends a few dozen at most.
    package static let keyLimit = 4096
    /// The longest `model`, decoded, in bytes.
    package static let modelLimit = 256

    /// nil where there is none, or it is no string.
    package private(set) var model: String?
    /// Where the model stands, with its quotes; nil without one.
    package private(set) var modelRange: Range<Int>?
    /// nil where there is none, or it is neither `true` nor `false`.
    package private(set) var stream: Bool?
    package private(set) var maxTokens = Amount.absent
    package private(set) var maxCompletionTokens = Amount.absent
    package private(set) var maxOutputTokens = Amount.absent
    /// How many choices are asked for (`n`), and out of how many (`best_of`).
    package private(set) var choices = Amount.absent
    package private(set) var bestOf = Amount.absent
    package private(set) var streamOptions: StreamOptions?
    /// The key is there in another spelling, which some upstreams read as ``streamOptions``.
    package private(set) var hasMisspeltStreamOptions = false
    package private(set) var terms = ModelPrice.Terms()
    /// What `messages`, `input`, `tools` and the keys beside them leave open.
    package private(set) var openEnds: OpenEnds = []
    /// `prediction`: text that is charged as output where the answer differs from it.
    package private(set) var hasPrediction = false
    /// How many prompts `prompt` lists, each of which is answered.
    package private(set) var promptCount = 1
    /// How long the text of `input` is, in characters and in bytes of UTF-8, where it was asked for.
    package private(set) var inputCharacters = 0
    package private(set) var inputBytes = 0

    /// The images, files and sounds inside `messages` and `input`, and the bytes of those that stand there.
    package private(set) var mediaCount = 0
    package private(set) var mediaBytes = 0
    /// Where a key of a number has the value `null`: the last one.
    private var nullKey: Key?
    private var nullRange = 0..<0

    package init() {}

    /// As if a body had been read that names `model`, so many choices and this maximum of each.
    init(model: String?, choices: Int64?, maximum: Int64?, for consumption: Consumption) {
        self.init(ofForm: model, choices: choices.map { .number($0, at: 0..<0) } ?? .absent)
        guard let maximum else { return }
        let amount: Amount = maximum == 0 ? .unreadable(at: 0..<0) : .number(maximum, at: 0..<0)
        switch consumption {
        case .chat, .run: maxCompletionTokens = amount
        case .completion: maxTokens = amount
        case .response: maxOutputTokens = amount
        case .free, .embedding, .image, .imageEdit, .speech, .transcription, .batch, .other: break
        }
    }

    /// What a form says: see ``MultipartPeek``.
    init(ofForm model: String?, choices: Amount) {
        self.model = model
        self.choices = choices
    }

    /// The number that one of the maxima asks for; ``Amount/absent`` for every other key.
    package subscript(key: Key) -> Amount {
        switch key {
        case .maxTokens: maxTokens
        case .maxCompletionTokens: maxCompletionTokens
        case .maxOutputTokens: maxOutputTokens
        default: .absent
        }
    }

    /// Where one of these has the value `null`, so that a number can take its place.
    func nullRange(of keys: (Key, Key?)) -> Range<Int>? {
        guard let nullKey, nullKey == keys.0 || nullKey == keys.1 else { return nil }
        return nullRange
    }

    /// Reads a whole body. One without anything but white space is an empty peek.
    /// `measuresInput`: the length of `input` counts, as for speech.
    /// Throws ``Rejection/malformedBody``, ``Rejection/tooManyKeys(limit:)`` and
    /// ``Rejection/duplicateKey(_:)``.
    package static func peek(
        _ bytes: UnsafeRawBufferPointer, measuresInput: Bool = false
    ) throws(Rejection) -> BodyPeek {
        var peek = BodyPeek()
        var met: UInt32 = 0
        var scanner = JSONScanner(bytes)
        while let name = try scanner.nextKey() {
            guard let (key, isExact) = try self.key(of: name, in: bytes) else {
                _ = try scanner.nextValue(watching: .nothing)
                continue
            }
            guard met & key.bit == 0 else { throw .duplicateKey(key.rawValue) }
            met |= key.bit
            let range = try scanner.nextValue(watching: key.watch)
            // Whoever folds case would read these too.
            guard isExact else {
                peek.keepFolded(key, at: range)
                continue
            }
            let value = UnsafeRawBufferPointer(rebasing: bytes[range])
            if measuresInput, key == .input { peek.measure(input: value) }
            try peek.keep(value, at: range, of: key)
        }
        peek.openEnds.formUnion(scanner.findings)
        peek.mediaCount = scanner.mediaCount
        peek.mediaBytes = scanner.mediaBytes
        return peek
    }

    /// A key in other letters, which some upstreams read and others do not: a number that bounds the use
    /// counts as one that cannot be read.
    private mutating func keepFolded(_ key: Key, at range: Range<Int>) {
        if key.opensEndsInAnySpelling { openEnds.formUnion(.unreadable) }
        switch key {
        case .maxTokens: maxTokens = .unreadable(at: range)
        case .maxCompletionTokens: maxCompletionTokens = .unreadable(at: range)
        case .maxOutputTokens: maxOutputTokens = .unreadable(at: range)
        case .n: choices = .unreadable(at: range)
        case .bestOf: bestOf = .unreadable(at: range)
        case .serviceTier: terms.tier = .unknown
        case .streamOptions: hasMisspeltStreamOptions = true
        case .models, .fallbacks: openEnds.formUnion(.otherModel)
        case .model, .stream, .prompt, .conversation, .tools, .modalities, .audio, .input, .messages,
            .prediction, .background, .previousResponse, .webSearch, .cacheOptions:
            break
        }
    }

    private mutating func keep(
        _ value: UnsafeRawBufferPointer, at range: Range<Int>, of key: Key
    ) throws(Rejection) {
        guard !value.isNull else {
            keepNull(at: range, of: key)
            return
        }
        switch key {
        case .model: try keepModel(value, at: range)
        case .stream: stream = value.boolean
        case .maxTokens: maxTokens = value.maximum(at: range)
        case .maxCompletionTokens: maxCompletionTokens = value.maximum(at: range)
        case .maxOutputTokens: maxOutputTokens = value.maximum(at: range)
        case .n: choices = value.amount(at: range)
        case .bestOf: bestOf = value.amount(at: range)
        case .streamOptions: try keepStreamOptions(value, at: range)
        case .serviceTier:
            terms.tier =
                value[0] == 0x22
                ? ServiceTier(named: UnsafeRawBufferPointer(rebasing: value[1..<value.count - 1])) : .unknown
        case .cacheOptions: terms.keepsCacheLong = value.mentions("12h")
        case .background: if value.boolean != false { openEnds.formUnion(.background) }
        case .models, .fallbacks: openEnds.formUnion(.otherModel)
        case .previousResponse: openEnds.formUnion(.previousResponse)
        case .conversation: openEnds.formUnion(.conversation)
        case .prompt:
            if value[0] == 0x7B { openEnds.formUnion(.storedPrompt) }
            if value[0] == 0x5B { promptCount = Self.promptCount(value) }
        case .webSearch: openEnds.formUnion(.builtInTool)
        case .audio: openEnds.formUnion(.audio)
        case .modalities: if value.mentions("audio") { openEnds.formUnion(.audio) }
        case .prediction: hasPrediction = true
        case .input, .messages, .tools: break
        }
    }

    /// What is no text counts as it is written, which is no less than what it can stand for.
    private mutating func measure(input value: UnsafeRawBufferPointer) {
        guard !value.isNull else { return }
        (inputCharacters, inputBytes) = (value.count, value.count)
        guard value[0] == 0x22 else { return }
        var scalars = JSONScalars(UnsafeRawBufferPointer(rebasing: value[1..<value.count - 1]))
        var (characters, bytes) = (0, 0)
        while let scalar = scalars.next() {
            characters += 1
            bytes += UTF8.width(scalar)
        }
        if !scalars.isMalformed { (inputCharacters, inputBytes) = (characters, bytes) }
    }

    private mutating func keepNull(at range: Range<Int>, of key: Key) {
        switch key {
        case .streamOptions: streamOptions = StreamOptions(range: range, isObject: false)
        case .maxTokens, .maxCompletionTokens, .maxOutputTokens:
            nullKey = key
            nullRange = range
        default: break
        }
    }

    private mutating func keepModel(_ value: UnsafeRawBufferPointer, at range: Range<Int>) throws(Rejection) {
        guard value[0] == 0x22 else { return }
        let content = UnsafeRawBufferPointer(rebasing: value[1..<value.count - 1])
        // An escape spells a byte with at most six.
        guard content.count <= Self.modelLimit * 6 else { throw .malformedBody }
        let isAsItStands = content.count <= Self.modelLimit && content.isPlain
        let text = isAsItStands ? String(decoding: content, as: UTF8.self) : JSONText.decode(content)
        guard let text, text.utf8.count <= Self.modelLimit else { throw .malformedBody }
        (model, modelRange) = (text, range)
    }

    private mutating func keepStreamOptions(
        _ value: UnsafeRawBufferPointer, at range: Range<Int>
    ) throws(Rejection) {
        var options = StreamOptions(range: range, isObject: value[0] == 0x7B)
        defer { streamOptions = options }
        guard options.isObject else { return }
        var scanner = JSONScanner(value)
        var isMet = false
        while let member = try scanner.nextMember() {
            let name = UnsafeRawBufferPointer(rebasing: value[member.key.range])
            let isExact = member.key.isPlain && name.matches("include_usage") == .exactly
            if !isExact, try !JSONKeyName(name).folds(to: "include_usage") { continue }
            guard !isMet else { throw .duplicateKey("stream_options.include_usage") }
            isMet = true
            if isExact { options.includesUsage = member.value(in: value).boolean }
        }
    }

    // MARK: - Keys

    /// Which of our keys a member's key spells, and whether exactly.
    private static func key(
        of name: JSONScanner.Key, in bytes: UnsafeRawBufferPointer
    ) throws(Rejection) -> (key: Key, isExact: Bool)? {
        let content = UnsafeRawBufferPointer(rebasing: bytes[name.range])
        if name.isPlain {
            guard let (key, text) = candidate(content) else { return nil }
            switch content.matches(text) {
            case .exactly: return (key, true)
            case .folded: return (key, false)
            case .not: return nil
            }
        }
        let name = try JSONKeyName(content)
        let isExact = name.isExact
        return name.withLetters { letters in
            guard !letters.isEmpty, let (key, text) = candidate(letters), letters.spells(text) else {
                return nil
            }
            return (key, isExact)
        }
    }

    /// The one key that a name of this length and these letters can be: no table, no loop.
    private static func candidate(_ name: UnsafeRawBufferPointer) -> (Key, StaticString)? {
        switch name.count {
        case 1: return (.n, "n")
        case 5:
            switch name[0] | 0x20 {
            case 0x6D: return (.model, "model")
            case 0x74: return (.tools, "tools")
            case 0x61: return (.audio, "audio")
            case 0x69: return (.input, "input")
            default: return nil
            }
        case 6:
            switch name[0] | 0x20 {
            case 0x73: return (.stream, "stream")
            case 0x6D: return (.models, "models")
            default: return (.prompt, "prompt")
            }
        case 7: return (.bestOf, "best_of")
        case 8: return (.messages, "messages")
        case 9: return (.fallbacks, "fallbacks")
        case 10:
            switch name[2] | 0x20 {
            case 0x78: return (.maxTokens, "max_tokens")
            case 0x64: return (.modalities, "modalities")
            case 0x63: return (.background, "background")
            default: return (.prediction, "prediction")
            }
        case 12:
            return name[0] | 0x20 == 0x73 ? (.serviceTier, "service_tier") : (.conversation, "conversation")
        case 14: return (.streamOptions, "stream_options")
        case 17: return (.maxOutputTokens, "max_output_tokens")
        case 18: return (.webSearch, "web_search_options")
        case 20:
            return name[2] | 0x20 == 0x65
                ? (.previousResponse, "previous_response_id") : (.cacheOptions, "prompt_cache_options")
        case 21: return (.maxCompletionTokens, "max_completion_tokens")
        default: return nil
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate enum Match { case exactly, folded, not }

    /// Whether these bytes are `text`, which is of lower case: exactly, or in capitals.
    @inline(__always)
    fileprivate func matches(_ text: StaticString) -> Match {
        guard count == text.utf8CodeUnitCount else { return .not }
        let name = text.utf8Start
        var difference: UInt8 = 0
        for place in 0..<count { difference |= self[place] ^ name[place] }
        guard difference != 0 else { return .exactly }
        guard difference == 0x20 else { return .not }
        for place in 0..<count where self[place] != name[place] {
            guard (0x41...0x5A).contains(self[place]) else { return .not }
        }
        return .folded
    }

    fileprivate var isNull: Bool { self[0] == 0x6E && matches("null") == .exactly }

    fileprivate var boolean: Bool? {
        if matches("true") == .exactly { return true }
        return matches("false") == .exactly ? false : nil
    }

    /// Printable ASCII without an escape, in a string's content.
    fileprivate var isPlain: Bool {
        var all: UInt8 = 0
        for byte in self {
            guard byte != 0x5C else { return false }
            all |= byte
        }
        return all < 0x80
    }

    /// Whether `word` stands anywhere in this short value, or could be hidden in an escape.
    fileprivate func mentions(_ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard !contains(0x5C) else { return true }
        guard count >= length else { return false }
        for start in 0...count - length
        where UnsafeRawBufferPointer(rebasing: self[start..<start + length]).matches(word) != .not {
            return true
        }
        return false
    }

    fileprivate func maximum(at range: Range<Int>) -> BodyPeek.Amount {
        let amount = amount(at: range)
        if case .number(0, _) = amount { return .unreadable(at: range) }
        return amount
    }

    func amount(at range: Range<Int>) -> BodyPeek.Amount {
        // Eighteen digits always fit.
        guard count <= 18 else { return .unreadable(at: range) }
        var number: Int64 = 0
        for byte in self {
            guard (0x30...0x39).contains(byte) else { return .unreadable(at: range) }
            number = number * 10 + Int64(byte - 0x30)
        }
        return .number(number, at: range)
    }
}
