/// Comparisons of the bytes of a JSON text.
extension UnsafeRawBufferPointer {
    /// Whether these bytes are `text`, letters in either case.
    @inline(__always)
    func spellsInAnyCase(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        let name = text.utf8Start
        // The names have letters and underscores only, which no other byte folds to but DEL.
        for place in 0..<count where self[place] | 0x20 != name[place] | 0x20 { return false }
        return true
    }

    @inline(__always)
    func begins(with text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        let name = text.utf8Start
        for place in 0..<text.utf8CodeUnitCount where self[place] != name[place] { return false }
        return true
    }

    @inline(__always)
    func isASCII(_ range: Range<Int>) -> Bool {
        let highs: UInt64 = 0x8080_8080_8080_8080
        var place = range.lowerBound
        while place < range.upperBound, place + 8 <= count {
            let word = UInt64(littleEndian: loadUnaligned(fromByteOffset: place, as: UInt64.self))
            let left = range.upperBound - place
            guard (left >= 8 ? word : word << UInt64(64 - left * 8)) & highs == 0 else { return false }
            place += 8
        }
        while place < range.upperBound {
            guard self[place] < 0x80 else { return false }
            place += 1
        }
        return true
    }
}
