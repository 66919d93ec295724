/// What a model's name asks of the dummy provider.
///
///     dummy[-delay-<number>(ms|s)][-length-<number>]       either order
///
/// `dummy-delay-20ms-length-500` answers with 500 words and waits 20 ms before each chunk (before the whole
/// answer, where it is not streamed). At most 10,000 words and 60 seconds. Any other name is answered like
/// `dummy`.
struct DummyModel: Hashable {
    static let wordLimit = 10_000
    static let delayLimitMilliseconds = 60_000
    static let ordinaryWords = 12

    let name: String
    /// How many words an answer has.
    private(set) var words = Self.ordinaryWords
    /// Milliseconds before each chunk.
    private(set) var delay = 0

    /// nil where a name begins like the grammar and breaks it, or a bound.
    init?(_ name: String) {
        self.name = name
        var parts = name.split(separator: "-", omittingEmptySubsequences: false)[...]
        guard parts.popFirst() == "dummy", let first = parts.first, first == "delay" || first == "length"
        else {
            return
        }
        var met: Set<Substring> = []
        while let key = parts.popFirst() {
            guard met.insert(key).inserted, let value = parts.popFirst() else { return nil }
            switch key {
            case "delay":
                guard let delay = Self.milliseconds(value) else { return nil }
                self.delay = delay
            case "length":
                guard let words = Self.number(value), words <= Self.wordLimit else { return nil }
                self.words = words
            default: return nil
            }
        }
    }

    private static func milliseconds(_ text: Substring) -> Int? {
        let value: Int?
        if text.hasSuffix("ms") {
            value = number(text.dropLast(2))
        } else if text.hasSuffix("s") {
            value = number(text.dropLast()).map { $0 * 1000 }
        } else {
            value = nil
        }
        return value.flatMap { $0 <= delayLimitMilliseconds ? $0 : nil }
    }

    private static func number(_ text: Substring) -> Int? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }
}
