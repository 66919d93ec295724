/// The prices of all models that are known, in one version that never changes: whoever edits a price makes a
/// new table with a new version, and a request keeps the table it began with.
///
/// A model is found by its exact id; else, where the id ends in a date (`-YYYY-MM-DD`), by the id without it:
/// a dated snapshot costs what its model costs, unless it is listed itself. A fine-tuned model
/// (`ft:BASE:…`) is found as `ft:BASE` by the same rule, and never at its base's price, for its own is
/// higher. Looking up reads bytes and allocates nothing.
package struct PriceTable: Sendable {
    /// Higher with every edit; kept with each ledger row.
    package let version: Int64
    /// Where the shipped prices come from, in words.
    package let source: String
    /// The day they were read, `YYYY-MM-DD`.
    package let date: String
    /// By model id, as they are listed.
    package let prices: [String: ModelPrice]

    /// Open addressing over `entries`: each slot an index or -1; at most half of them taken.
    private let slots: [Int32]
    private let entries: [Entry]

    private struct Entry: Sendable {
        let id: [UInt8]
        let price: ModelPrice
    }

    package init(version: Int64, source: String, date: String, prices: [String: ModelPrice]) {
        self.version = version
        self.source = source
        self.date = date
        self.prices = prices
        let entries = prices.map { Entry(id: Array($0.key.utf8), price: $0.value) }
        var size = 8
        while size < entries.count * 2 { size *= 2 }
        var slots = [Int32](repeating: -1, count: size)
        for (index, entry) in entries.enumerated() {
            var slot = entry.id.withUnsafeBytes { Self.hash($0) } & (size - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = Int32(index)
        }
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
        if id.starts(with: [0x66, 0x74, 0x3A]), let end = id.dropFirst(3).firstIndex(of: 0x3A) {
            id = UnsafeRawBufferPointer(rebasing: id[..<end])
            if let price = listed(id) { return price }
        }
        guard Self.endsInDate(id) else { return nil }
        return listed(UnsafeRawBufferPointer(rebasing: id.dropLast(11)))
    }

    private func listed(_ id: UnsafeRawBufferPointer) -> ModelPrice? {
        var slot = Self.hash(id) & (slots.count - 1)
        while slots[slot] >= 0 {
            let entry = entries[Int(slots[slot])]
            if entry.id.count == id.count, entry.id.elementsEqual(id) { return entry.price }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// FNV-1a. The ids that are listed are the operator's own, so nobody can make them collide.
    private static func hash(_ id: UnsafeRawBufferPointer) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in id { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return Int(truncatingIfNeeded: hash ^ hash >> 32)
    }

    private static func endsInDate(_ id: UnsafeRawBufferPointer) -> Bool {
        guard id.count > 11 else { return false }
        let suffix = id.suffix(11)
        for (offset, byte) in suffix.enumerated() {
            switch offset {
            case 0, 5, 8: guard byte == 0x2D else { return false }
            default: guard (0x30...0x39).contains(byte) else { return false }
            }
        }
        return true
    }
}
