/// The key that everything else is sealed under: 256 bits, written as 64 hexadecimal digits, kept outside the
/// database.
package final class MasterKey: Sendable {
    package static let digitCount = 64
    let secret: Secret

    private init(secret: Secret) { self.secret = secret }

    package static func generate() -> MasterKey { MasterKey(secret: .random(byteCount: 32)) }

    /// From 64 hexadecimal digits; one line end behind them is allowed, for that is how files end.
    package convenience init(hexadecimal text: Secret) throws(VaultError) {
        let bytes = unsafe try text.withUnsafeBytes { text throws(VaultError) in
            var count = text.count
            if count > 0, unsafe text[count - 1] == 0x0A { count -= 1 }
            if count > 0, unsafe text[count - 1] == 0x0D { count -= 1 }
            guard count == Self.digitCount else { throw .masterKeyMalformed }
            return unsafe try Secret(byteCount: 32) { key throws(VaultError) in
                for index in 0..<32 {
                    guard let high = unsafe Self.value(text[2 * index]),
                        let low = unsafe Self.value(text[2 * index + 1])
                    else { throw .masterKeyMalformed }
                    unsafe key[index] = high << 4 | low
                }
            }
        }
        self.init(secret: bytes)
    }

    /// The 64 digits and a line feed: what stands in the file.
    var hexadecimal: Secret {
        unsafe Secret(byteCount: Self.digitCount + 1) { text in
            unsafe secret.withUnsafeBytes { key in
                for index in 0..<32 {
                    unsafe text[2 * index] = Self.digit(key[index] >> 4)
                    unsafe text[2 * index + 1] = Self.digit(key[index] & 15)
                }
            }
            unsafe text[Self.digitCount] = 0x0A
        }
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x41 + 10
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x61 + value - 10 }
}
