/// Characters that cannot be seen, or that change how those around them are shown: control characters, the
/// marks that turn the direction of writing (bidi), line and paragraph separators, and the invisible ones of
/// Unicode (zero-width characters, tags, fillers). In a name they deceive its reader. The two variation
/// selectors that tell how an emoji is drawn are none.
package enum HiddenCharacters {
    /// Control characters among them.
    package static func contain(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.value > 0x7E else { return scalar.value < 0x20 }
        guard scalar.value & ~1 != 0xFE0E else { return false }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: return true
        default: return scalar.properties.isDefaultIgnorableCodePoint
        }
    }

    /// True of a hidden character that no name needs. Persian, Indic scripts and emoji are written with
    /// joiners.
    package static func isRefusedInNames(_ scalar: Unicode.Scalar) -> Bool {
        contain(scalar) && scalar.value & ~1 != 0x200C
    }

    /// `text` with each hidden character spelled out, as `\u{202E}`. `isKept` leaves some as they are.
    package static func escaped(_ text: String, keeping isKept: (Unicode.Scalar) -> Bool = { _ in false })
        -> String
    {
        replaced(in: text, keeping: isKept) { "\\u{\(String($0.value, radix: 16, uppercase: true))}" }
    }

    /// A JSON text with each hidden character as `\u202e`, which means the same; white space between its
    /// parts stays.
    package static func escapedJSON(_ text: String) -> String {
        replaced(in: text, keeping: { $0.value < 0x20 }) { scalar in
            UTF16.encode(scalar).map { units in
                units.map { unit in
                    let digits = String(unit, radix: 16)
                    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }.joined()
            } ?? ""
        }
    }

    private static func replaced(
        in text: String, keeping isKept: (Unicode.Scalar) -> Bool, by spelling: (Unicode.Scalar) -> String
    ) -> String {
        func isHidden(_ scalar: Unicode.Scalar) -> Bool { contain(scalar) && !isKept(scalar) }
        guard text.unicodeScalars.contains(where: isHidden) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isHidden(scalar) {
                result.append(contentsOf: spelling(scalar).unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }
}
