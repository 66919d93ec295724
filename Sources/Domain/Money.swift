/// An amount of US dollars, in whole nano-dollars: exact, and never a floating-point number.
///
/// Written and read as a decimal string (`"5.00"`, `"0.000000150"`), which is how the API and the command
/// line spell it. Sums saturate: an amount too large for the type stays the largest there is, and never wraps
/// round to a small one.
package struct Money: Hashable, Comparable, Sendable {
    package let nanoUSD: Int64

    package static let zero = Money(nanoUSD: 0)
    package static let max = Money(nanoUSD: .max)

    package init(nanoUSD: Int64) { self.nanoUSD = nanoUSD }

    /// Digits, with at most nine behind one point; no sign, no exponent, no white space. Nil for anything
    /// else, and for what does not fit.
    package init?(_ text: some StringProtocol) {
        let parts = text.utf8.split(separator: 0x2E, maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty else { return nil }
        let fraction = parts.count == 2 ? Array(parts[1]) : []
        guard parts.count == 1 || !fraction.isEmpty, fraction.count <= 9 else { return nil }
        var nano: Int64 = 0
        for digit in Array(whole) + fraction + Array(repeating: 0x30, count: 9 - fraction.count) {
            guard (0x30...0x39).contains(digit) else { return nil }
            let (tenfold, overflowed) = nano.multipliedReportingOverflow(by: 10)
            let (sum, carried) = tenfold.addingReportingOverflow(Int64(digit - 0x30))
            guard !overflowed, !carried else { return nil }
            nano = sum
        }
        nanoUSD = nano
    }

    package static func < (left: Money, right: Money) -> Bool { left.nanoUSD < right.nanoUSD }

    package static func + (left: Money, right: Money) -> Money {
        let (sum, overflowed) = left.nanoUSD.addingReportingOverflow(right.nanoUSD)
        return overflowed ? Money(nanoUSD: right.nanoUSD < 0 ? .min : .max) : Money(nanoUSD: sum)
    }

    package static func - (left: Money, right: Money) -> Money {
        let (difference, overflowed) = left.nanoUSD.subtractingReportingOverflow(right.nanoUSD)
        return overflowed ? Money(nanoUSD: right.nanoUSD < 0 ? .max : .min) : Money(nanoUSD: difference)
    }

    package static func += (left: inout Money, right: Money) { left = left + right }
}

extension Money: CustomStringConvertible {
    /// At least two digits behind the point and at most nine; what ``init(_:)`` reads, but for the sign.
    package var description: String {
        let magnitude = nanoUSD.magnitude
        var fraction = String(magnitude % 1_000_000_000)
        fraction = String(repeating: "0", count: 9 - fraction.count) + fraction
        while fraction.count > 2, fraction.hasSuffix("0") { fraction.removeLast() }
        return "\(nanoUSD < 0 ? "-" : "")\(magnitude / 1_000_000_000).\(fraction)"
    }
}
