/// The prices of all models that are known, in one version that never changes: whoever edits a price makes a
/// new table with a new version, and a request keeps the table it began with.
///
/// A model is found by its exact id; else, where the id ends in a date (`-YYYY-MM-DD`), by the id without it:
/// a dated snapshot costs what its model costs, unless it is listed itself. A fine-tuned model
/// (`ft:BASE:…`) is found as `ft:BASE` by the same rule, and never at its base's price, for its own is
/// higher. Looking up reads bytes and allocates nothing.
package final class PriceTable: Sendable {
    /// Higher with every edit; kept with each ledger row.
    package let version: Int64
    /// Where the shipped prices come from, in words.
    package let source: String
    /// The day they were read, `YYYY-MM-DD`.
    package let date: String
    /// By model id, as they are listed.
    package let prices: [String: ModelPrice]

    /// Open addressing: each slot the upper half of an id's hash and, from 1, its place; 0 where it is empty.
    /// At most half of them are taken.
    private let slots: [UInt64]
    private let entries: [Entry]
    /// All ids, one behind the other.
    private let text: [UInt8]

    private struct Entry: Sendable {
        let id: Range<Int>
        let price: ModelPrice
    }

    package init(version: Int64, source: String, date: String, prices: [String: ModelPrice]) {
        self.version = version
        self.source = source
        self.date = date
        self.prices = prices
        var text: [UInt8] = []
        var entries: [Entry] = []
        var size = 8
        while size < prices.count * 2 { size *= 2 }
        var slots = [UInt64](repeating: 0, count: size)
        for (id, price) in prices {
            let start = text.count
            text += id.utf8
            entries.append(Entry(id: start..<text.count, price: price))
            let hash = text[start...].withUnsafeBytes { Self.hash($0) }
            var slot = Int(truncatingIfNeeded: hash) & (size - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = (hash >> 32) << 32 | UInt64(entries.count)
        }
        self.text = text
        self.entries = entries
        self.slots = slots
    }

    /// This table with some prices replaced or added, and those that are nil taken away.
    package func edited(version: Int64, _ changes: [String: ModelPrice?]) -> PriceTable {
        var prices = prices
        for (id, price) in changes { prices[id] = price }
        return PriceTable(version: version, source: source, date: date, prices: prices)
    }

    package func price(of model: String) -> ModelPrice? {
        var model = model
        return model.withUTF8 { price(of: UnsafeRawBufferPointer($0)) }
    }

    /// The id as UTF-8.
    package func price(of model: UnsafeRawBufferPointer) -> ModelPrice? {
        if let price = listed(model) { return price }
        var id = model
        if let base = Self.fineTuned(id) {
            id = base
            if let price = listed(id) { return price }
        }
        return Self.undated(id).flatMap { listed($0) }
    }

    /// `ft:BASE` of a fine-tuned model's id; nil for any other.
    static func fineTuned(_ id: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard id.count > 3, id[0] | 0x20 == 0x66, id[1] | 0x20 == 0x74, id[2] == 0x3A,
            let end = id.dropFirst(3).firstIndex(of: 0x3A)
        else { return nil }
        return UnsafeRawBufferPointer(rebasing: id[..<end])
    }

    /// The id without the date at its end; nil where there is none.
    static func undated(_ id: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        endsInDate(id) ? UnsafeRawBufferPointer(rebasing: id.dropLast(11)) : nil
    }

    private func listed(_ id: UnsafeRawBufferPointer) -> ModelPrice? {
        let hash = Self.hash(id)
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 {
            let place = Int(truncatingIfNeeded: slots[slot] & 0xFFFF_FFFF) - 1
            if slots[slot] >> 32 == hash >> 32, isListed(id, at: entries[place].id) {
                return entries[place].price
            }
            slot = (slot + 1) & mask
        }
        return nil
    }

    private func isListed(_ id: UnsafeRawBufferPointer, at range: Range<Int>) -> Bool {
        guard id.count == range.count else { return false }
        for place in 0..<id.count where id[place] != text[range.lowerBound + place] { return false }
        return true
    }

    /// FNV-1a, stirred. The ids that are listed are the operator's own, so nobody can make them collide.
    private static func hash(_ id: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in id { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return hash ^ hash >> 32
    }

    private static func endsInDate(_ id: UnsafeRawBufferPointer) -> Bool {
        guard id.count > 11 else { return false }
        let start = id.count - 11
        for offset in 0..<11 {
            let byte = id[start + offset]
            switch offset {
            case 0, 5, 8: guard byte == 0x2D else { return false }
            default: guard (0x30...0x39).contains(byte) else { return false }
            }
        }
        return true
    }
}
