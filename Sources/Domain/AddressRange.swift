/// The addresses that begin with the same bits, in CIDR notation: `10.0.0.0/8`, `fd00::/8`, or one address.
///
/// An IPv4 address is in ranges of IPv4 addresses only: `::/0` is every IPv6 address.
package struct AddressRange: Hashable, Sendable {
    package let first: IPAddress
    /// How many of the 128 bits are fixed.
    private let length: Int

    /// Why a text is no range: a clause that can follow a colon.
    package struct Malformed: Error, Equatable {
        package let reason: String
    }

    package init(parsing text: some StringProtocol) throws(Malformed) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first.flatMap({ IPAddress($0) }) else {
            throw Malformed(reason: "it has to begin with an IP address")
        }
        self.first = first
        let width = text.contains(":") ? 128 : 32
        guard parts.count == 2 else {
            length = 128
            return
        }
        guard let prefix = IPAddress.decimal(parts[1].utf8, upTo: width) else {
            throw Malformed(reason: "what follows '/' has to be a number from 0 to \(width)")
        }
        length = prefix + 128 - width
        guard first.bits & ~(~UInt128(0) << (128 - length)) == 0 else {
            throw Malformed(reason: "its address has bits set behind the first \(prefix)")
        }
    }

    package func contains(_ address: IPAddress) -> Bool {
        address.isVersion4 == first.isVersion4 && (address.bits ^ first.bits) >> (128 - length) == 0
    }
}

extension AddressRange: CustomStringConvertible {
    /// What ``init(parsing:)`` reads.
    package var description: String {
        "\(first)/\(first.isVersion4 ? length - 96 : length)"
    }
}

extension AddressRange: ExpressibleByStringLiteral {
    /// For ranges that stand in the source.
    package init(stringLiteral text: String) {
        do {
            try self.init(parsing: text)
        } catch {
            preconditionFailure("\(text): \(error.reason)")
        }
    }
}
