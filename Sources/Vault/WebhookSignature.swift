import CSodium

/// How webhooks are signed, GitHub's (header `X-Hub-Signature-256`) and our own: `sha256=` and HMAC-SHA-256
/// of the signed bytes, in hex digits.
package enum WebhookSignature {
    private static let macByteCount = 32
    private static let prefix = "sha256="

    /// Takes a time that does not depend on where a wrong signature is wrong.
    package static func isValid(_ text: String, of body: [UInt8], under secret: Secret) -> Bool {
        guard let claimed = parse(text) else { return false }
        return unsafe sodium_memcmp(mac(of: body, under: secret), claimed, macByteCount) == 0
    }

    package static func sign(_ bytes: [UInt8], under secret: Secret) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let hex = mac(of: bytes, under: secret).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return prefix + String(decoding: hex, as: UTF8.self)
    }

    private static func mac(of body: [UInt8], under secret: Secret) -> [UInt8] {
        var state = crypto_auth_hmacsha256_state()
        var mac = [UInt8](repeating: 0, count: macByteCount)
        unsafe secret.withPointer { key in
            _ = unsafe crypto_auth_hmacsha256_init(&state, key, secret.byteCount)
        }
        _ = unsafe crypto_auth_hmacsha256_update(&state, body, UInt64(body.count))
        _ = unsafe crypto_auth_hmacsha256_final(&state, &mac)
        unsafe sodium_memzero(&state, MemoryLayout<crypto_auth_hmacsha256_state>.size)
        return mac
    }

    private static func parse(_ text: String) -> [UInt8]? {
        guard text.hasPrefix(prefix) else { return nil }
        let digits = text.utf8.dropFirst(prefix.utf8.count).compactMap(value)
        guard digits.count == 2 * macByteCount,
            text.utf8.count == prefix.utf8.count + digits.count
        else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x41 + 10
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }
}
