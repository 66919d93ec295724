import Synchronization

/// How much output the requests of one access token and of all that it was rotated to come to, by model: what
/// rates of tokens and cost take in advance of a request that names no maximum.
///
/// In memory alone, and bounded: of more models than ``capacity`` those are forgotten that were not used for
/// longest. It is asked and told only where such a rate applies.
package final class OutputMeans: Sendable {
    package static let capacity = 32
    /// An answer moves the mean by one part in so many of the difference.
    private static let weight: Int64 = 8

    private struct Entry {
        let model: Int
        var mean: Int64
    }

    /// The last used one first.
    private let entries = Mutex<[Entry]>([])

    package init() {}

    /// nil where no answer of that model was seen. `model` is any hash of its name.
    package func mean(of model: Int) -> Int64? {
        entries.withLock { entries in entries.first { $0.model == model }?.mean }
    }

    package func note(_ output: Int64, of model: Int) {
        entries.withLock { entries in
            var entry = Entry(model: model, mean: output)
            if let place = entries.firstIndex(where: { $0.model == model }) {
                let mean = entries.remove(at: place).mean
                entry.mean = mean + (output - mean) / Self.weight
            } else if entries.count == Self.capacity {
                entries.removeLast()
            }
            entries.insert(entry, at: 0)
        }
    }
}
