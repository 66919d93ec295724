import Domain

/// The management keys that were right or made lately, by their hashes: a bounded number, of which the one
/// that was right longest ago gives way. None of them is believed for being here.
struct KnownKeys {
    /// More than an instance has operators.
    static let capacity = 64

    private var moments: [CredentialHash: Int64] = [:]

    func contains(_ hash: CredentialHash) -> Bool { moments[hash] != nil }

    mutating func note(_ hash: CredentialHash, isRight: Bool, at now: Int64) {
        guard isRight else {
            moments[hash] = nil
            return
        }
        if moments[hash] == nil, moments.count >= Self.capacity,
            let oldest = moments.min(by: { $0.value < $1.value })
        {
            moments[oldest.key] = nil
        }
        moments[hash] = now
    }
}
