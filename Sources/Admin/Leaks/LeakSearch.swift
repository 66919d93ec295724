import Domain
import Vault

/// Goes through a text piece by piece and keeps of it the hashes of the credentials that stand in it, each
/// once.
struct LeakSearch {
    private let keyRing: KeyRing
    private var scanner = CredentialScanner()
    private var known: Set<CredentialHash> = []
    /// In the order in which they stand in the text.
    private(set) var hashes: [CredentialHash] = []

    init(_ keyRing: KeyRing) { self.keyRing = keyRing }

    mutating func scan(_ piece: UnsafeRawBufferPointer) {
        scanner.scan(piece) { _, text in
            let hash = keyRing.hash(text)
            if known.insert(hash).inserted { hashes.append(hash) }
        }
    }
}
