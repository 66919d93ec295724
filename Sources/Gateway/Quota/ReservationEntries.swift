import Domain

/// What a reservation took from one limit: where that counter stands, and which of its buckets it was.
struct ReservationEntry: Sendable {
    let place: Int32
    let bucket: UInt32
    let number: Int32
    let isDurable: Bool
    let start: Timestamp

    static let none = ReservationEntry(
        place: 0, bucket: 0, number: 0, isDurable: false, start: Timestamp(milliseconds: 0))
}

/// A reservation's entries, without an allocation for as many limits as most have.
struct ReservationEntries: Sendable {
    private static let inlineCount = 6

    private(set) var count = 0
    private var first = InlineArray<6, ReservationEntry>(repeating: .none)
    private var more: [ReservationEntry] = []

    var isEmpty: Bool { count == 0 }

    subscript(index: Int) -> ReservationEntry {
        index < Self.inlineCount ? first[index] : more[index - Self.inlineCount]
    }

    mutating func append(_ entry: ReservationEntry) {
        if count < Self.inlineCount { first[count] = entry } else { more.append(entry) }
        count += 1
    }
}
