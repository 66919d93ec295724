/// An address of the internet, version 4 or 6.
///
/// An IPv4 address that is mapped into an IPv6 one (::ffff:0:0/96, RFC 4291 2.5.5.2) is that IPv4 address:
/// the two are equal. Scopes (`%eth0`) are no part of it.
package struct IPAddress: Hashable, Sendable {
    /// An IPv4 address stands in them mapped.
    package let bits: UInt128

    package init(bits: UInt128) { self.bits = bits }

    package init(version4 bits: UInt32) { self.bits = 0xFFFF_0000_0000 | UInt128(bits) }

    /// `octets`: 4 or 16, in network order; nil where they are neither.
    package init?(octets: [UInt8]) {
        switch octets.count {
        case 4: self.init(version4: octets.reduce(0) { $0 << 8 | UInt32($1) })
        case 16: self.init(bits: octets.reduce(0) { $0 << 8 | UInt128($1) })
        default: return nil
        }
    }

    /// Strict: `192.0.2.1` in four decimal numbers without leading zeros, or RFC 4291 2.2; nothing around it.
    package init?(_ text: some StringProtocol) {
        let text = Array(text.utf8.prefix(46))
        guard text.contains(0x3A) else {
            guard let bits = Self.version4(text[...]) else { return nil }
            self.init(version4: bits)
            return
        }
        guard let bits = Self.version6(text) else { return nil }
        self.init(bits: bits)
    }

    package var isVersion4: Bool { bits >> 32 == 0xFFFF }
}

// MARK: - Reading

extension IPAddress {
    /// A decimal number without a sign or leading zeros.
    package static func decimal(_ text: some Collection<UInt8>, upTo maximum: Int) -> Int? {
        guard let first = text.first, first != 0x30 || text.count == 1, text.count <= 5 else { return nil }
        var value = 0
        for byte in text {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return value <= maximum ? value : nil
    }

    private static func version4(_ text: ArraySlice<UInt8>) -> UInt32? {
        let parts = text.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard let number = decimal(part, upTo: 255) else { return nil }
            bits = bits << 8 | UInt32(number)
        }
        return bits
    }

    private static func version6(_ text: [UInt8]) -> UInt128? {
        let gap = text.indices.first { text[$0...].starts(with: [0x3A, 0x3A]) }
        guard let gap else {
            guard let groups = groups(text[...], mayEndDotted: true), groups.count == 8 else { return nil }
            return join(groups)
        }
        guard let front = groups(text[..<gap], mayEndDotted: false),
            let back = groups(text[(gap + 2)...], mayEndDotted: true), front.count + back.count < 8
        else { return nil }
        return join(front + Array(repeating: 0, count: 8 - front.count - back.count) + back)
    }

    private static func join(_ groups: [UInt16]) -> UInt128 { groups.reduce(0) { $0 << 16 | UInt128($1) } }

    private static func groups(_ text: ArraySlice<UInt8>, mayEndDotted: Bool) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        var parts = text.split(separator: 0x3A, omittingEmptySubsequences: false)
        var tail: [UInt16] = []
        if mayEndDotted, let last = parts.last, last.contains(0x2E) {
            guard let bits = version4(last) else { return nil }
            tail = [UInt16(bits >> 16), UInt16(truncatingIfNeeded: bits)]
            parts.removeLast()
        }
        var groups: [UInt16] = []
        for part in parts {
            let isHex = part.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }
            guard isHex, part.count <= 4, let group = UInt16(String(decoding: part, as: UTF8.self), radix: 16)
            else { return nil }
            groups.append(group)
        }
        return groups + tail
    }
}

// MARK: - Writing

extension IPAddress: CustomStringConvertible {
    /// The canonical text: dotted, or as RFC 5952 has it.
    package var description: String {
        if isVersion4 {
            return [24, 16, 8, 0].map { String(UInt8(truncatingIfNeeded: bits >> $0)) }.joined(separator: ".")
        }
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> (112 - 16 * $0)) }
        func text(_ range: Range<Int>) -> String {
            groups[range].map { String($0, radix: 16) }.joined(separator: ":")
        }
        let gap = Self.longestGap(in: groups)
        return gap.isEmpty ? text(0..<8) : text(0..<gap.lowerBound) + "::" + text(gap.upperBound..<8)
    }

    /// The first of the longest runs of two zeros or more; empty where there is none.
    private static func longestGap(in groups: [UInt16]) -> Range<Int> {
        var longest = 0..<0
        var start = 0
        for (index, group) in groups.enumerated() {
            if group != 0 { start = index + 1 }
            let length = index + 1 - start
            if length >= 2, length > longest.count { longest = start..<index + 1 }
        }
        return longest
    }
}
