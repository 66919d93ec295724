import Domain
import Testing

struct CredentialHashTests {
    @Test func `a hash gives back the bytes it was made of`() {
        let bytes = (0..<32).map { UInt8($0) }
        #expect(CredentialHash(bytes: bytes)?.bytes == bytes)
        #expect(CredentialHash(bytes: bytes.dropLast()) == nil)
        #expect(CredentialHash(bytes: bytes) != CredentialHash(bytes: Array(bytes.reversed())))
    }

    /// More breaks the frames of asynchronous functions in optimised builds.
    @Test func `a hash asks for no more alignment than memory has anyway`() {
        #expect(MemoryLayout<CredentialHash>.alignment <= 8)
    }
}
