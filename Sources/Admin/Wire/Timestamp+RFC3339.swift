package import Domain

/// Reads RFC 3339 texts of moments, with any offset. Domain writes them.
extension Timestamp {
    /// nil where the text is no RFC 3339 date-time of the years 1970 to 9999. A leap second is the second
    /// after it.
    package init?(rfc3339 text: String) {
        var rest = Array(text.utf8)[...]
        func digits(_ count: Int) -> Int64? {
            guard rest.count >= count else { return nil }
            var value: Int64 = 0
            for byte in rest.prefix(count) {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            rest = rest.dropFirst(count)
            return value
        }
        func skip(_ characters: String) -> Bool {
            guard let byte = rest.first, characters.utf8.contains(byte) else { return false }
            rest = rest.dropFirst()
            return true
        }
        guard let year = digits(4), skip("-"), let month = digits(2), skip("-"), let day = digits(2),
            skip("Tt "),
            let hour = digits(2), skip(":"), let minute = digits(2), skip(":"), let second = digits(2),
            year >= 1970, (1...12).contains(month),
            (1...Self.dayCount(ofMonth: month, in: year)).contains(day), hour < 24, minute < 60,
            second <= 60
        else { return nil }
        var fraction: Int64 = 0
        if skip(".") {
            let places = rest.prefix { (0x30...0x39).contains($0) }
            guard (1...9).contains(places.count) else { return nil }
            for index in 0..<3 {
                fraction = fraction * 10 + (index < places.count ? Int64(Array(places)[index] - 0x30) : 0)
            }
            rest = rest.dropFirst(places.count)
        }
        var offset: Int64 = 0
        if !skip("Zz") {
            let isNegative = rest.first == 0x2D
            guard skip("+-"), let hours = digits(2), skip(":"), let minutes = digits(2), hours < 24,
                minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * (isNegative ? -60 : 60)
        }
        let days = Self.days(year: year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
        // Up to 9999-12-31T23:59:59Z: an offset can lead out of the years that can be written.
        guard rest.isEmpty, (0...253_402_300_799).contains(seconds) else { return nil }
        self.init(milliseconds: seconds * 1000 + fraction)
    }

    private static func dayCount(ofMonth month: Int64, in year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Howard Hinnant's `days_from_civil`: proleptic Gregorian, days since 1970-01-01; not for years before
    /// 0.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
