import Domain

/// Takes the models that an access token is not granted out of a list of models. What it leaves is byte for
/// byte as it came, commas and white space between the items as well.
///
/// A list is a JSON object whose arrays have the models (`{"data": [{"id": "…"}, …]}`), or one such array. An
/// item stays if it is an object with one `id`, a string that a pattern matches; everything else in an array
/// goes. Where `data` or `models` is something else than an array, it is no list.
struct ModelListFilter {
    let patterns: [ModelPattern]

    /// The ranges of `list` that stay, in their order. Throws where it is no JSON list.
    func kept(of list: UnsafeRawBufferPointer) throws(Rejection) -> [Range<Int>] {
        var kept = Ranges(end: list.count)
        if list.first(where: { !Self.isSpace($0) }) == 0x5B {
            try keep(0..<list.count, of: list, in: &kept)
        } else {
            var scanner = JSONScanner(list)
            var hasArray = false
            while let member = try scanner.nextMember() {
                if list[member.value.lowerBound] == 0x5B {
                    hasArray = true
                    try keep(member.value, of: list, in: &kept)
                } else if Self.isKey(member.key, of: list, ["data", "models"]) {
                    throw .malformedBody
                }
            }
            // What has its models elsewhere, or is a part of a list, is not relayed.
            guard hasArray else { throw .malformedBody }
        }
        return kept.finish()
    }

    /// One array, at its range of the list.
    private func keep(
        _ array: Range<Int>, of list: UnsafeRawBufferPointer, in kept: inout Ranges
    ) throws(Rejection) {
        let bytes = UnsafeRawBufferPointer(rebasing: list[array])
        var scanner = JSONScanner(bytes)
        /// Behind the last element, or the opening bracket.
        var end: Int?
        var hasKept = false
        while let element = try scanner.nextElement() {
            let item = UnsafeRawBufferPointer(rebasing: bytes[element])
            let gap = end ?? (bytes.firstIndex(of: 0x5B).map { $0 + 1 } ?? 0)
            if try isGranted(item) {
                // Of what stands between two elements the first that stays has no comma.
                if !hasKept, let end, let comma = bytes[end..<element.lowerBound].firstIndex(of: 0x2C) {
                    kept.drop((array.lowerBound + end)..<(array.lowerBound + comma + 1))
                }
                hasKept = true
            } else {
                kept.drop((array.lowerBound + gap)..<(array.lowerBound + element.upperBound))
            }
            end = element.upperBound
        }
    }

    private func isGranted(_ item: UnsafeRawBufferPointer) throws(Rejection) -> Bool {
        guard item.first == 0x7B else { return false }
        var scanner = JSONScanner(item)
        var id: Range<Int>?
        while let member = try scanner.nextMember() {
            guard Self.isKey(member.key, of: item, ["id"]) else { continue }
            // Two readers could take it for two models.
            guard id == nil else { return false }
            id = member.value
        }
        guard let id, item[id.lowerBound] == 0x22,
            let text = JSONText.decode(
                UnsafeRawBufferPointer(rebasing: item[(id.lowerBound + 1)..<(id.upperBound - 1)]))
        else { return false }
        return patterns.contains { $0.matches(text) }
    }

    private static func isKey(
        _ key: JSONScanner.Key, of text: UnsafeRawBufferPointer, _ names: [String]
    ) -> Bool {
        JSONText.decode(UnsafeRawBufferPointer(rebasing: text[key.range])).map { names.contains($0) } ?? false
    }

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }

    /// What stays between the ranges that are dropped, which come in their order.
    private struct Ranges {
        private var kept: [Range<Int>] = []
        private var start = 0
        private let end: Int

        init(end: Int) { self.end = end }

        mutating func drop(_ range: Range<Int>) {
            if range.lowerBound > start { kept.append(start..<range.lowerBound) }
            start = range.upperBound
        }

        mutating func finish() -> [Range<Int>] {
            if start < end { kept.append(start..<end) }
            return kept
        }
    }
}
