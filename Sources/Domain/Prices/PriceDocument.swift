/// The text form of prices: how the shipped list and stored overrides are written, and read without
/// tolerance, for a misspelt price would be charged.
///
///     {"version": 1, "date": "2026-11-21", "source": "…", "models": {"MODEL": PRICE, …}}
///
///     PRICE   RATES, "long_context_above", "context_window", "max_completion" (whole numbers),
///             "characters" (a million), "audio_minute" (US dollars), "reads_more" (true),
///             "flex", "priority", "ultrafast", "batch" (each {RATES})
///     RATES   "prompt" and "completion", and where they differ "cached_prompt", "cache_write",
///             "long_cache_write", "audio_prompt", "image_prompt", "audio_completion",
///             "image_completion": US dollars per million tokens as strings; "long" (RATES again)
package enum PriceDocument {
    /// What is wrong, and where: a JSON pointer (RFC 6901).
    package struct Invalid: Error, Hashable, CustomStringConvertible {
        package enum Fault: String, Hashable, Sendable {
            case notJSON = "is not JSON"
            case unknown = "is not a field that is known"
            case doubled = "stands there twice"
            case missing = "is missing"
            case notObject = "is not an object"
            case notAmount = "is not an amount of US dollars as a string, such as \"2.50\""
            case notCount = "is not a whole number above zero"
            case notText = "is not a string with something in it"
            case notTrue = "is not true"
        }

        package let pointer: String
        package let fault: Fault

        package var description: String { "\(pointer.isEmpty ? "the text" : pointer) \(fault.rawValue)" }
    }

    package static func table(parsing bytes: [UInt8]) throws(Invalid) -> PriceTable {
        var document = try PriceFields(parse(bytes), at: "")
        let version = try document.count("version")
        let date = try document.text("date")
        let source = try document.text("source")
        guard let version, let date, let source else {
            let name = version == nil ? "version" : date == nil ? "date" : "source"
            throw Invalid(pointer: "/\(name)", fault: .missing)
        }
        guard let models = document.take("models") else { throw Invalid(pointer: "/models", fault: .missing) }
        try document.end()
        var prices: [String: ModelPrice] = [:]
        for member in try PriceFields(models, at: "/models").members {
            prices[member.key] = try price(member.value, at: PriceFields.pointer("/models", member.key))
        }
        return PriceTable(version: version, source: source, date: date, prices: prices)
    }

    /// One model's price.
    package static func price(parsing bytes: [UInt8]) throws(Invalid) -> ModelPrice {
        try price(parse(bytes), at: "")
    }

    private static func parse(_ bytes: [UInt8]) throws(Invalid) -> JSONValue {
        do throws(JSONValue.Malformed) {
            return try JSONValue(parsing: bytes)
        } catch {
            throw Invalid(pointer: "", fault: .notJSON)
        }
    }

    private static func price(_ value: JSONValue, at pointer: String) throws(Invalid) -> ModelPrice {
        var fields = try PriceFields(value, at: pointer)
        let price = ModelPrice(
            standard: try fields.tier(), flex: try tier("flex", of: &fields),
            priority: try tier("priority", of: &fields), ultrafast: try tier("ultrafast", of: &fields),
            batch: try tier("batch", of: &fields), longContext: try fields.count("long_context_above"),
            audioMinute: try fields.money("audio_minute") ?? .zero,
            characters: try fields.money("characters") ?? .zero,
            contextWindow: try fields.count("context_window"),
            completionLimit: try fields.count("max_completion"), readsMore: try fields.flag("reads_more"))
        try fields.end()
        return price
    }

    private static func tier(
        _ name: String, of fields: inout PriceFields
    ) throws(Invalid) -> ModelPrice.Tier? {
        guard let value = fields.take(name) else { return nil }
        var inner = try PriceFields(value, at: PriceFields.pointer(fields.pointer, name))
        let tier = try inner.tier()
        try inner.end()
        return tier
    }
}
