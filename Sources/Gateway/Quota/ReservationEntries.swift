import Domain

/// What a reservation took from one limit: where that counter stands, and which of its buckets it was.
struct ReservationEntry: Sendable {
    let place: Int32
    let bucket: UInt32
    let number: Int32
    let isDurable: Bool
    /// ``start`` of a quota, ``taken`` of a rate.
    private let value: Int64

    static let none = ReservationEntry(place: 0, bucket: 0, number: 0, taken: 0)

    /// Of a quota whose counter counts from `start`.
    init(place: Int32, bucket: UInt32, number: Int32, start: Timestamp) {
        self.place = place
        self.bucket = bucket
        self.number = number
        isDurable = true
        value = start.milliseconds
    }

    /// Of a limit that is kept in memory only; `taken` is what a rate was debited in advance.
    init(place: Int32, bucket: UInt32, number: Int32, taken: Int64) {
        self.place = place
        self.bucket = bucket
        self.number = number
        isDurable = false
        value = taken
    }

    /// Of a quota: since when its counter counts.
    var start: Timestamp { Timestamp(milliseconds: value) }

    /// Of a rate: what it was debited in advance.
    var taken: Int64 { isDurable ? 0 : value }
}

/// A reservation's entries, without an allocation for as many limits as most have.
struct ReservationEntries: Sendable {
    private static let inlineCount = 6

    private(set) var count = 0
    private var first = InlineArray<6, ReservationEntry>(repeating: .none)
    private var more: [ReservationEntry] = []

    var isEmpty: Bool { count == 0 }

    /// Copies one at a time, where a subscript would copy all for each.
    func forEach(_ body: (ReservationEntry) -> Void) {
        let first = first.span
        for index in 0..<min(count, Self.inlineCount) { body(first[index]) }
        for entry in more { body(entry) }
    }

    mutating func append(_ entry: ReservationEntry) {
        if count < Self.inlineCount { first[count] = entry } else { more.append(entry) }
        count += 1
    }
}
