/// A moment: milliseconds since 1970-01-01T00:00:00Z. Domain has no clock; whoever needs "now" is handed one.
package struct Timestamp: Hashable, Comparable, Sendable {
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }
    /// Saturates.
    package init(seconds: Int64) { self.milliseconds = seconds.multipliedSaturated(by: 1000) }

    /// Saturates.
    package func adding(milliseconds: Int64) -> Timestamp {
        Timestamp(milliseconds: self.milliseconds.addingSaturated(milliseconds))
    }

    /// Saturates.
    package func adding(seconds: Int64) -> Timestamp {
        adding(milliseconds: seconds.multipliedSaturated(by: 1000))
    }

    /// How many milliseconds later it is than `other`. Saturates.
    package func milliseconds(since other: Timestamp) -> Int64 {
        milliseconds.subtractingSaturated(other.milliseconds)
    }

    /// The first and the last moment that can be written: those of the years 0000 and 9999 in UTC.
    package static let written =
        Timestamp(
            milliseconds: -62_167_219_200_000)...Timestamp(milliseconds: 253_402_300_799_999)

    /// The nearest moment that can be written.
    package var clamped: Timestamp {
        min(max(self, Self.written.lowerBound), Self.written.upperBound)
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }
}

extension Timestamp {
    /// The parts of the moment in UTC.
    private struct Civil {
        var year: Int64
        /// From 1 on.
        var month: Int64
        var day: Int64
        /// Sunday is 0.
        var weekday: Int64
        /// Milliseconds since midnight.
        var time: Int64
    }

    /// Days are counted as in Howard Hinnant's *chrono-Compatible Low-Level Date Algorithms*: years begin in
    /// March, so that the leap day comes last.
    private var civil: Civil {
        let dayLength: Int64 = 86_400_000
        let milliseconds = clamped.milliseconds
        let day = milliseconds >= 0 ? milliseconds / dayLength : (milliseconds - dayLength + 1) / dayLength
        let time = milliseconds - day * dayLength
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        // 1970-01-01 was a Thursday.
        let weekday = ((day + 4) % 7 + 7) % 7
        return Civil(
            year: year, month: month, day: dayOfYear - (153 * shiftedMonth + 2) / 5 + 1, weekday: weekday,
            time: time)
    }

    /// `2026-11-21T03:00:00.123Z` (RFC 3339, UTC). A moment that cannot be written so is written as the
    /// nearest that can.
    package var rfc3339: String {
        let civil = civil
        return String(unsafeUninitializedCapacity: 24) { target in
            func put(_ value: Int64, _ width: Int, at offset: Int, then separator: StaticString) {
                var rest = value
                for index in (offset..<offset + width).reversed() {
                    target[index] = 0x30 + UInt8(rest % 10)
                    rest /= 10
                }
                target[offset + width] = separator.utf8Start.pointee
            }
            put(civil.year, 4, at: 0, then: "-")
            put(civil.month, 2, at: 5, then: "-")
            put(civil.day, 2, at: 8, then: "T")
            put(civil.time / 3_600_000, 2, at: 11, then: ":")
            put(civil.time / 60_000 % 60, 2, at: 14, then: ":")
            put(civil.time / 1000 % 60, 2, at: 17, then: ".")
            put(civil.time % 1000, 3, at: 20, then: "Z")
            return 24
        }
    }

    /// `Sat, 21 Nov 2026 03:00:00 GMT`, the value of the field Date (RFC 9110 5.6.7).
    package var httpDate: String {
        let names = Self.httpNames
        let civil = civil
        func digits(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let (hour, minute, second) = (
            civil.time / 3_600_000, civil.time / 60_000 % 60, civil.time / 1000 % 60
        )
        let (weekday, month) = (names.days[Int(civil.weekday)], names.months[Int(civil.month) - 1])
        return "\(weekday), \(digits(civil.day)) \(month) \(civil.year) "
            + "\(digits(hour)):\(digits(minute)):\(digits(second)) GMT"
    }

    private static let httpNames = (
        days: ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"],
        months: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    )
}
