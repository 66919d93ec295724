import CSodium
import Domain

/// Draws base62 digits from the system's random source, each of the 62 equally likely.
package enum RandomDigits {
    /// What the ids of rows and credentials are made of: `ProjectID(digits: RandomDigits.draw())`.
    package static func draw(_ count: Int = 12) -> [UInt8] {
        Sodium.start()
        return (0..<count).map { _ in Base62.alphabet[Int(randombytes_uniform(62))] }
    }
}
