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
        /// Something else than a plain whole number of at least zero: what it means is the upstream's to say.
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
    /// The longest `model`, decoded, in bytes.
    package static let modelLimit = 256

    /// nil where there is none, or it is no string.
    package private(set) var model: String?
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
    /// The length of the value of `input`, a string's without its quotes.
    package private(set) var inputBytes = 0

    /// The images, files and sounds inside `messages` and `input`, and the bytes of those that stand there.
    package private(set) var mediaCount = 0
    package private(set) var mediaBytes = 0
    /// Where a key of a number has the value `null`: the last one.
    private var nullKey: Key?
    private var nullRange = 0..<0

    package init() {}

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
    /// Throws ``Rejection/malformedBody`` and ``Rejection/duplicateKey(_:)``.
    package static func peek(_ bytes: UnsafeRawBufferPointer) throws(Rejection) -> BodyPeek {
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
                if key.opensEndsInAnySpelling { peek.openEnds.formUnion(.unreadable) }
                if key == .streamOptions { peek.hasMisspeltStreamOptions = true }
                continue
            }
            try peek.keep(UnsafeRawBufferPointer(rebasing: bytes[range]), at: range, of: key)
        }
        peek.openEnds.formUnion(scanner.findings)
        peek.mediaCount = scanner.mediaCount
        peek.mediaBytes = scanner.mediaBytes
        return peek
    }

    private mutating func keep(
        _ value: UnsafeRawBufferPointer, at range: Range<Int>, of key: Key
    ) throws(Rejection) {
        guard !value.isNull else {
            keepNull(at: range, of: key)
            return
        }
        switch key {
        case .model: try keepModel(value)
        case .stream: stream = value.boolean
        case .maxTokens: maxTokens = value.amount(at: range)
        case .maxCompletionTokens: maxCompletionTokens = value.amount(at: range)
        case .maxOutputTokens: maxOutputTokens = value.amount(at: range)
        case .n: choices = value.amount(at: range)
        case .bestOf: bestOf = value.amount(at: range)
        case .streamOptions: try keepStreamOptions(value, at: range)
        case .serviceTier:
            terms.tier =
                value[0] == 0x22
                ? ServiceTier(named: UnsafeRawBufferPointer(rebasing: value[1..<value.count - 1])) : .unknown
        case .cacheOptions: terms.keepsCacheLong = value.mentions("12h")
        case .background: if value.boolean != false { openEnds.formUnion(.background) }
        case .previousResponse: openEnds.formUnion(.previousResponse)
        case .conversation: openEnds.formUnion(.conversation)
        case .prompt: if value[0] == 0x7B { openEnds.formUnion(.storedPrompt) }
        case .webSearch: openEnds.formUnion(.builtInTool)
        case .audio: openEnds.formUnion(.audio)
        case .modalities: if value.mentions("audio") { openEnds.formUnion(.audio) }
        case .prediction: hasPrediction = true
        case .input: inputBytes = value[0] == 0x22 ? value.count - 2 : value.count
        case .messages, .tools: break
        }
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

    private mutating func keepModel(_ value: UnsafeRawBufferPointer) throws(Rejection) {
        guard value[0] == 0x22 else { return }
        let content = UnsafeRawBufferPointer(rebasing: value[1..<value.count - 1])
        // An escape spells a byte with at most six.
        guard content.count <= Self.modelLimit * 6 else { throw .malformedBody }
        if content.count <= Self.modelLimit, content.isPlain {
            model = String(decoding: content, as: UTF8.self)
        } else {
            guard let text = JSONText.decode(content), text.utf8.count <= Self.modelLimit else {
                throw .malformedBody
            }
            model = text
        }
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
            let wanted: StaticString = "include_usage"
            let isExact = member.key.isPlain && name.matches(wanted) == .exactly
            if !isExact, try !Self.folds(name, to: "include_usage") { continue }
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
        guard let text = JSONText.decode(content), !text.utf8.contains(0) else { throw .malformedBody }
        if let key = Key(rawValue: text) { return (key, true) }
        return Key(rawValue: folded(text)).map { ($0, false) }
    }

    /// Whether `name` is `text` in any case, as some parsers read it.
    static func folds(
        _ name: UnsafeRawBufferPointer, to text: String
    ) throws(Rejection) -> Bool {
        guard let decoded = JSONText.decode(name), !decoded.utf8.contains(0) else { throw .malformedBody }
        return folded(decoded) == text
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
        case 6: return name[0] | 0x20 == 0x73 ? (.stream, "stream") : (.prompt, "prompt")
        case 7: return (.bestOf, "best_of")
        case 8: return (.messages, "messages")
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

    private static func folded(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.lazy.map { folded($0) }))
    }

    private static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar {
        case "A"..."Z": Unicode.Scalar(UInt8(scalar.value) | 0x20)
        case "\u{17F}": "s"
        case "\u{212A}": "k"
        default: scalar
        }
    }
}

extension BodyPeek.Key {
    fileprivate var bit: UInt32 {
        switch self {
        case .model: 1 << 0
        case .stream: 1 << 1
        case .n: 1 << 2
        case .prompt: 1 << 3
        case .conversation: 1 << 4
        case .tools: 1 << 5
        case .modalities: 1 << 6
        case .audio: 1 << 7
        case .input: 1 << 8
        case .messages: 1 << 9
        case .prediction: 1 << 10
        case .background: 1 << 11
        case .maxTokens: 1 << 12
        case .maxCompletionTokens: 1 << 13
        case .maxOutputTokens: 1 << 14
        case .bestOf: 1 << 15
        case .streamOptions: 1 << 16
        case .serviceTier: 1 << 17
        case .previousResponse: 1 << 18
        case .webSearch: 1 << 19
        case .cacheOptions: 1 << 20
        }
    }

    fileprivate var watch: JSONScanner.Watch {
        switch self {
        case .messages, .input: .content
        case .tools: .tools
        default: .nothing
        }
    }

    /// Those that no number bounds: in a folded spelling they may be read by somebody and not by us.
    fileprivate var opensEndsInAnySpelling: Bool {
        switch self {
        case .n, .bestOf, .maxTokens, .maxCompletionTokens, .maxOutputTokens, .serviceTier, .cacheOptions,
            .prompt, .conversation, .previousResponse, .background, .webSearch, .audio, .modalities,
            .prediction:
            true
        case .model, .stream, .streamOptions, .tools, .messages, .input: false
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

    fileprivate func amount(at range: Range<Int>) -> BodyPeek.Amount {
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
