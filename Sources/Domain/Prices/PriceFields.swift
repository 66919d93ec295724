/// The fields of one object of a ``PriceDocument``, taken one by one; whatever is left at the end is unknown.
struct PriceFields {
    let pointer: String
    private(set) var members: [JSONValue.Member]

    init(_ value: JSONValue, at pointer: String) throws(PriceDocument.Invalid) {
        guard case .object(let members) = value else {
            throw PriceDocument.Invalid(pointer: pointer, fault: .notObject)
        }
        var met: Set<String> = []
        for member in members where !met.insert(member.key).inserted {
            throw PriceDocument.Invalid(pointer: Self.pointer(pointer, member.key), fault: .doubled)
        }
        self.pointer = pointer
        self.members = members
    }

    /// One step further down (RFC 6901).
    static func pointer(_ pointer: String, _ key: String) -> String {
        var escaped = ""
        for character in key {
            switch character {
            case "~": escaped += "~0"
            case "/": escaped += "~1"
            default: escaped.append(character)
            }
        }
        return "\(pointer)/\(escaped)"
    }

    mutating func take(_ name: String) -> JSONValue? {
        guard let place = members.firstIndex(where: { $0.key == name }) else { return nil }
        return members.remove(at: place).value
    }

    func end() throws(PriceDocument.Invalid) {
        guard let left = members.first else { return }
        throw PriceDocument.Invalid(pointer: Self.pointer(pointer, left.key), fault: .unknown)
    }

    mutating func money(_ name: String) throws(PriceDocument.Invalid) -> Money? {
        guard let value = take(name) else { return nil }
        guard let money = value.string.flatMap({ Money($0) }) else { throw invalid(name, .notAmount) }
        return money
    }

    mutating func count(_ name: String) throws(PriceDocument.Invalid) -> Int64? {
        guard let value = take(name) else { return nil }
        guard let count = value.integer, count > 0 else { throw invalid(name, .notCount) }
        return Int64(count)
    }

    mutating func text(_ name: String) throws(PriceDocument.Invalid) -> String? {
        guard let value = take(name) else { return nil }
        guard let text = value.string, !text.isEmpty else { throw invalid(name, .notText) }
        return text
    }

    mutating func flag(_ name: String) throws(PriceDocument.Invalid) -> Bool {
        guard let value = take(name) else { return false }
        guard value.bool == true else { throw invalid(name, .notTrue) }
        return true
    }

    mutating func tier() throws(PriceDocument.Invalid) -> ModelPrice.Tier {
        let rates = try rates()
        guard let long = take("long") else { return ModelPrice.Tier(rates: rates) }
        var inner = try PriceFields(long, at: Self.pointer(pointer, "long"))
        let longRates = try inner.rates()
        try inner.end()
        return ModelPrice.Tier(rates: rates, longRates: longRates)
    }

    private mutating func rates() throws(PriceDocument.Invalid) -> TokenRates {
        guard let prompt = try money("prompt") else { throw invalid("prompt", .missing) }
        guard let completion = try money("completion") else { throw invalid("completion", .missing) }
        return TokenRates(
            prompt: prompt, cachedPrompt: try money("cached_prompt"), cacheWrite: try money("cache_write"),
            longCacheWrite: try money("long_cache_write"), audioPrompt: try money("audio_prompt"),
            imagePrompt: try money("image_prompt"), completion: completion,
            audioCompletion: try money("audio_completion"), imageCompletion: try money("image_completion"))
    }

    private func invalid(_ name: String, _ fault: PriceDocument.Invalid.Fault) -> PriceDocument.Invalid {
        PriceDocument.Invalid(pointer: Self.pointer(pointer, name), fault: fault)
    }
}
