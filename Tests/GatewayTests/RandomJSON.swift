/// JSON objects drawn from a seed, with the keys that a peek looks for in several spellings.
struct RandomJSON {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func object() -> [UInt8] { Array((space() + object(depth: 0) + space()).utf8) }

    /// SplitMix64.
    private mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ mixed >> 31) % UInt64(bound))
    }

    private mutating func one(of texts: [String]) -> String { texts[below(texts.count)] }
    private mutating func space() -> String { one(of: ["", "", "", " ", "\n\t", "\r\n  "]) }

    private mutating func object(depth: Int) -> String {
        let members = (0..<below(6)).map { _ in
            space() + key() + space() + ":" + space() + value(depth: depth + 1) + space()
        }
        return "{" + (members.isEmpty ? space() : members.joined(separator: ",")) + "}"
    }

    private mutating func key() -> String {
        let keys = [
            "model", "model", #"mod\u0065l"#, "Model", "stream", "stream", #"\u0073tream"#, "STREAM",
            "messages", "x", "",
        ]
        return below(4) == 0 ? string() : "\"" + one(of: keys) + "\""
    }

    private mutating func string() -> String {
        let parts = [
            "a", "model", "é", "😀", #"\""#, #"\\"#, #"\/"#, #"\n"#, #"\u00e9"#, #"\ud83d\ude00"#, "{", "]",
            ",", ":",
        ]
        return "\"" + (0..<below(12)).map { _ in one(of: parts) }.joined() + "\""
    }

    private mutating func value(depth: Int) -> String {
        switch below(depth < 5 ? 9 : 6) {
        case 0: return "true"
        case 1: return "false"
        case 2: return "null"
        case 3: return one(of: ["0", "-1", "12.5", "1e9", "-0.1E-3"])
        case 4, 5: return string()
        case 6: return object(depth: depth)
        default:
            let elements = (0..<below(4)).map { _ in space() + value(depth: depth + 1) + space() }
            return "[" + (elements.isEmpty ? space() : elements.joined(separator: ",")) + "]"
        }
    }
}
