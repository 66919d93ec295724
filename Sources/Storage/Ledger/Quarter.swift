import Domain

/// A quarter of an hour, counted from 1970: the grain of the usage that is kept in sums.
struct Quarter: Hashable, Comparable {
    static let length: Int64 = 900_000

    let number: Int64

    init(number: Int64) { self.number = number }

    init(of moment: Timestamp) {
        let milliseconds = moment.milliseconds
        number = (milliseconds >= 0 ? milliseconds : milliseconds - Self.length + 1) / Self.length
    }

    var start: Timestamp { Timestamp(milliseconds: number * Self.length) }

    /// Where the rollup of a usage key stands.
    func place(of key: Int64) -> Int64 { number << 32 | key }

    static func < (left: Quarter, right: Quarter) -> Bool { left.number < right.number }
}
