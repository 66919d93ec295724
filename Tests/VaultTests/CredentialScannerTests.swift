import Domain
import Foundation
import Testing
import Vault

@Suite struct CredentialScannerTests {
    private static let isVerifying = ProcessInfo.processInfo.environment["VERIFY"] == "1"
    private static let vector = "lk_000000000001_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf3vzhO3"
    private static let management = "lkm_Latchkey0123_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp11dpV40"

    private struct Found: Equatable {
        var text: String
        var offset: Int
        var kind: CredentialKind
    }

    private static func scan(_ pieces: [[UInt8]]) -> [Found] {
        var scanner = CredentialScanner()
        var found: [Found] = []
        for piece in pieces {
            piece.withUnsafeBytes { bytes in
                scanner.scan(bytes) { finding, text in
                    let start = finding.kind.prefix.utf8CodeUnitCount
                    #expect(finding.idDigits == Array(text[start..<start + 12]))
                    found.append(
                        Found(
                            text: String(decoding: text, as: UTF8.self), offset: finding.offset,
                            kind: finding.kind))
                }
            }
        }
        return found
    }

    private static func scan(_ text: String) -> [Found] { scan([Array(text.utf8)]) }

    private static func minted(_ count: Int, _ kind: CredentialKind = .accessToken) -> [[UInt8]] {
        let (ring, _) = KeyRing.generate(masterKey: .generate())
        return (0..<count).map { _ in ring.mint(kind).text.withUnsafeBytes { Array($0) } }
    }

    @Test(arguments: [
        "", "Authorization: Bearer ", "x", "_", "lk_", "lkm_", "lk_000000000001_", "é", "\0",
        String(repeating: "A", count: 200), String(repeating: "A", count: 200) + " ",
    ])
    func `a credential is found whatever it is glued to`(other: String) {
        for vector in [Self.vector, Self.management] {
            for (before, behind) in [("", ""), (other, ""), ("", other), (other, other)] {
                let found = Self.scan(before + vector + behind)
                #expect(found.map(\.text) == [vector])
                #expect(found.first?.offset == before.utf8.count)
            }
        }
        let both = Self.scan(Self.vector + Self.management + Self.vector)
        #expect(both.map(\.kind) == [.accessToken, .managementKey, .accessToken])
    }

    @Test func `a credential split anywhere over two or three pieces is found once`() {
        let text = Array(("see " + Self.vector + " and " + Self.management + ".").utf8)
        let whole = Self.scan([text])
        #expect(whole.map(\.offset) == [4, 74])
        for first in text.indices {
            #expect(Self.scan([Array(text[..<first]), Array(text[first...])]) == whole)
            for second in stride(from: first, to: text.count, by: 7) {
                let pieces = [text[..<first], text[first..<second], text[second...]].map { Array($0) }
                #expect(Self.scan(pieces) == whole)
            }
        }
        #expect(Self.scan(text.map { [$0] }) == whole)
    }

    @Test func `one changed character is never accepted`() {
        let others = Self.isVerifying ? Array(UInt8.min...UInt8.max) : Array("0Az_-\0 \u{7F}lkm".utf8)
        for credential in Self.minted(Self.isVerifying ? 20 : 1) + Self.minted(1, .managementKey) {
            let kind: CredentialKind = credential[2] == 0x5F ? .accessToken : .managementKey
            func found(_ text: [UInt8]) -> [Found] { Self.scan([text]).filter { $0.kind == kind } }
            for index in credential.indices {
                for other in others where other != credential[index] {
                    var changed = credential
                    changed[index] = other
                    #expect(found(changed).isEmpty)
                    #expect(found(Array("a".utf8) + changed + Array("0".utf8)).isEmpty)
                }
            }
        }
    }

    @Test func `a credential without one of its characters, or with one more, is none`() {
        let vector = Array(Self.vector.utf8)
        for index in vector.indices {
            var text = vector
            text.remove(at: index)
            #expect(Self.scan([text]).isEmpty)
            // One more at its end is another's.
            text = vector
            text.insert(0x51, at: index)
            #expect(index == 0 ? Self.scan([text]).count == 1 : Self.scan([text]).isEmpty)
        }
    }

    @Test func `all credentials planted in a large text are found, and the scan is fast`() {
        let size = Self.isVerifying ? 100_000_000 : 2_000_000
        let credentials = Self.minted(Self.isVerifying ? 1000 : 50)
        var random = SplitMix(state: 7)
        var text = Self.prose(size - credentials.count * 65, &random)
        let distance = text.count / (credentials.count + 1)
        for index in credentials.indices.reversed() where !Self.isVerifying {
            let place = distance * (index + 1)
            text.insert(contentsOf: credentials[index], at: place)
        }
        if Self.isVerifying {
            for (index, credential) in credentials.enumerated() {
                let place = distance * (index + 1)
                text.replaceSubrange(place..<place + credential.count, with: credential)
            }
        }
        var scanner = CredentialScanner()
        var found: Set<[UInt8]> = []
        let duration = ContinuousClock().measure {
            for start in stride(from: 0, to: text.count, by: 65_521) {
                text[start..<min(start + 65_521, text.count)].withUnsafeBytes { piece in
                    scanner.scan(piece) { found.insert(Array($1)) }
                }
            }
        }
        #expect(found == Set(credentials))
        if Self.isVerifying { #expect(duration < .seconds(2), "\(duration) for 100 MB") }
    }

    @Test func `random words are no credentials`() {
        var random = SplitMix(state: 11)
        let count = Self.isVerifying ? 1_000_000 : 20_000
        for _ in 0..<count / 1000 {
            var text: [UInt8] = []
            for _ in 0..<1000 {
                // Half of them have the form of a credential, and only its checksum is missing.
                if random.next() & 1 == 0 {
                    text += Array("lk_".utf8) + Self.digits(12, &random) + [0x5F] + Self.digits(49, &random)
                } else {
                    text += Self.digits(Int(random.next() % 80), &random)
                }
                text.append(0x20)
            }
            #expect(Self.scan([text]).isEmpty)
        }
    }

    private static func digits(_ count: Int, _ random: inout SplitMix) -> [UInt8] {
        (0..<count).map { _ in Base62.alphabet[Int(random.next() % 62)] }
    }

    /// Words of source code, sentences, and long runs of digits as base64 has them.
    private static func prose(_ count: Int, _ random: inout SplitMix) -> [UInt8] {
        var block: [UInt8] = []
        while block.count < 1_000_000 {
            switch random.next() % 8 {
            case 0: block += digits(76, &random) + [0x0A]
            case 1: block += Array("func lk_scan(_ text_of_key: lkm_) {\n".utf8)
            case 2: block += Array("lk_".utf8) + digits(12, &random) + Array("_…\n".utf8)
            default: block += digits(Int(random.next() % 10), &random) + [0x20]
            }
        }
        var text: [UInt8] = []
        text.reserveCapacity(count + block.count)
        while text.count < count { text += block }
        text.removeLast(text.count - count)
        return text
    }

    /// SplitMix64.
    private struct SplitMix {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }
}
