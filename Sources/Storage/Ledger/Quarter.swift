import Domain

/// A quarter of an hour, counted from 1970: the grain of the usage that is kept in sums.
struct Quarter: Hashable, Comparable {
    static let length: Int64 = 900_000
    /// How many a day of UTC has.
    static let perDay: Int64 = 96

    let number: Int64

    init(number: Int64) { self.number = number }

    /// The first of a day of UTC, counted from 1970.
    init(day: Int64) { number = day * Self.perDay }

    init(of moment: Timestamp) {
        let milliseconds = moment.milliseconds
        number = (milliseconds >= 0 ? milliseconds : milliseconds - Self.length + 1) / Self.length
    }

    var start: Timestamp { Timestamp(milliseconds: number * Self.length) }

    /// The day of UTC that it is part of, counted from 1970.
    var day: Int64 { (number >= 0 ? number : number - Self.perDay + 1) / Self.perDay }

    var isStartOfDay: Bool { number == day * Self.perDay }

    /// Where the rollup of a usage key stands.
    func place(of key: Int64) -> Int64 { number << 32 | key }

    static func < (left: Quarter, right: Quarter) -> Bool { left.number < right.number }
}
