import CSodium

/// BLAKE2b-128 without a key: tells two texts apart that are no secrets.
package enum Fingerprint {
    private static let byteCount = 16

    package static func bytes(of text: [UInt8]) -> [UInt8] {
        Sodium.start()
        var result = [UInt8](repeating: 0, count: byteCount)
        let status = unsafe result.withUnsafeMutableBufferPointer { output -> Int32 in
            unsafe text.withUnsafeBufferPointer { input -> Int32 in
                guard let base = output.baseAddress else { return -1 }
                return unsafe crypto_generichash(
                    base, byteCount, input.baseAddress, UInt64(input.count), nil, 0)
            }
        }
        precondition(status == 0, "BLAKE2b does not fail")
        return result
    }
}
