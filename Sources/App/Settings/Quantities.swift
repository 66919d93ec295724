/// The texts of durations (`250ms`, `5s`, `2m`, `12h`, `30d`) and sizes (`10KiB`, `96MiB`, `1GiB`, plain
/// bytes): a whole number and a unit, nothing else.
package enum Quantities {
    package static let durationRule = "a whole number and a unit: 250ms, 5s, 2m, 12h or 30d"
    package static let sizeRule = "a whole number and a unit: 512 (bytes), 10KiB, 96MiB or 1GiB"

    /// Milliseconds; nil where the text breaks ``durationRule`` or is longer than a century.
    package static func milliseconds(_ text: String) -> Int64? {
        let units: [String: Int64] = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        let century: Int64 = 36_525 * 86_400_000
        return product(text, units: units).flatMap { $0 <= century ? $0 : nil }
    }

    /// nil where the text breaks ``durationRule``.
    package static func duration(_ text: String) -> Duration? { milliseconds(text).map { .milliseconds($0) } }

    /// Bytes; nil where the text breaks ``sizeRule``.
    package static func bytes(_ text: String) -> Int? {
        let units: [String: Int64] = ["": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30]
        return product(text, units: units).flatMap { Int(exactly: $0) }
    }

    private static func product(_ text: String, units: [String: Int64]) -> Int64? {
        let digits = text.prefix { ("0"..."9").contains($0) }
        guard let number = Int64(digits), let unit = units[String(text[digits.endIndex...])] else {
            return nil
        }
        let (value, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow ? nil : value
    }
}
