/// The most completion tokens that one request of an access token may ask for, over all its choices, and what
/// becomes of a request that asks for more or names no number.
///
/// Written as `AMOUNT` or `AMOUNT:MODE` (`4096:clamp`); without a mode it refuses.
package struct OutputCap: Hashable, Sendable {
    package enum Mode: String, CaseIterable, Hashable, Sendable {
        /// A request that asks for more is refused. One that names no number gets the cap written into it.
        case refuse
        /// The request's number is lowered to the cap.
        case clamp
    }

    package static let rule = "a whole number of at least 1, and ':refuse' or ':clamp' behind it if wanted"

    package var amount: Int64
    package var mode: Mode

    /// nil below 1.
    package init?(amount: Int64, mode: Mode) {
        guard amount >= 1 else { return nil }
        self.amount = amount
        self.mode = mode
    }

    /// nil where the text breaks ``rule``.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let amount = Int64(parts[0])
        else { return nil }
        let mode = parts.count == 2 ? Mode(rawValue: String(parts[1])) : .refuse
        guard let mode else { return nil }
        self.init(amount: amount, mode: mode)
    }
}

extension OutputCap: CustomStringConvertible {
    package var description: String { "\(amount):\(mode.rawValue)" }
}
