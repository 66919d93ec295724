/// How much room texts take on a terminal.
extension String {
    /// In cells of a terminal: two for what East Asian scripts and emoji take, none for marks that join what
    /// is in front of them.
    var displayWidth: Int { reduce(0) { $0 + $1.displayWidth } }

    /// With '…' at the end where it was longer.
    func shortened(to width: Int) -> String {
        guard displayWidth > width else { return self }
        var text = ""
        var room = width - 1
        for character in self {
            room -= character.displayWidth
            guard room >= 0 else { break }
            text.append(character)
        }
        return width > 0 ? text + "…" : ""
    }
}

extension Character {
    fileprivate var displayWidth: Int {
        guard !isASCII else { return 1 }
        return unicodeScalars.map(Self.width).max() ?? 0
    }

    /// The ranges of UAX #11's wide and full-width scalars, without their gaps.
    private static func width(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return scalar.value == 0xFE0F ? 2 : 0
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
            0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
            0x1F680...0x1F6FF, 0x1F900...0x1FAFF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}
