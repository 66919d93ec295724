import Domain

/// A quarter of an hour, counted from 1970: the grain of the usage that is kept in sums.
struct Quarter: Hashable, Comparable {
    static let length: Int64 = 900_000
    /// How many a day of UTC has.
    static let perDay: Int64 = 96

    let number: Int64

    /// What a place in a rollup has room for: 61,000 years before and behind 1970.
    private static let numbers = -(Int64(1) << 31)...(Int64(1) << 31 - 1)

    /// Of a number without a place, the nearest.
    init(number: Int64) { self.number = min(max(number, Self.numbers.lowerBound), Self.numbers.upperBound) }

    /// The first of a day of UTC, counted from 1970.
    init(day: Int64) { self.init(number: day.multipliedSaturated(by: Self.perDay)) }

    init(of moment: Timestamp) {
        let milliseconds = moment.milliseconds
        let whole = milliseconds / Self.length
        self.init(number: milliseconds % Self.length < 0 ? whole - 1 : whole)
    }

    var start: Timestamp { Timestamp(milliseconds: number * Self.length) }

    /// The day of UTC that it is part of, counted from 1970.
    var day: Int64 { (number >= 0 ? number : number - Self.perDay + 1) / Self.perDay }

    var isStartOfDay: Bool { number == day * Self.perDay }

    /// Where the rollup of a usage key stands.
    func place(of key: Int64) -> Int64 { number << 32 | key }

    static func < (left: Quarter, right: Quarter) -> Bool { left.number < right.number }
}
