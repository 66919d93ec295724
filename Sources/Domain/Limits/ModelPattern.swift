/// Which models something is about: a model's exact name, or one with `*` for any bytes, also none
/// (`gpt-6*`, `ft:*:acme:*`).
///
/// A grant is about the models that the pattern ``matches(_:)``, where upper and lower case differ as they do
/// in the names themselves; a limit is about all that it ``covers(_:)``, so that no other spelling of a model
/// gets past it.
package struct ModelPattern: Hashable, Sendable {
    package static let rule = "1 to 128 bytes of a model's name, with '*' for any part of it, without spaces"

    private let bytes: [UInt8]

    /// nil where the text breaks ``rule``.
    package init?(_ text: some StringProtocol) {
        bytes = Array(text.utf8)
        guard (1...128).contains(bytes.count), bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            return nil
        }
    }

    /// Compares UTF-8 bytes, without an allocation; time is at most the product of the lengths.
    package func matches(_ model: UnsafeRawBufferPointer) -> Bool {
        matches(model) { $0 }
    }

    /// The same in any case of letters, for the model's name and for those by which its price may be found: a
    /// dated snapshot without its date, a fine-tuned model as `ft:BASE`.
    package func covers(_ model: UnsafeRawBufferPointer) -> Bool {
        var name = model
        if matches(name, Self.folded) { return true }
        if let base = PriceTable.fineTuned(name) {
            name = base
            if matches(name, Self.folded) { return true }
        }
        guard let undated = PriceTable.undated(name) else { return false }
        return matches(undated, Self.folded)
    }

    package func covers(_ model: String) -> Bool {
        var model = model
        return model.withUTF8 { covers(UnsafeRawBufferPointer($0)) }
    }

    private static func folded(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

    /// Both sides by `form`.
    @inline(__always)
    private func matches(_ model: UnsafeRawBufferPointer, _ form: (UInt8) -> UInt8) -> Bool {
        bytes.withUnsafeBufferPointer { pattern in
            var (at, from) = (0, 0)
            // Where the last star stands, and from where on what follows it is tried.
            var (star, resume) = (-1, 0)
            while from < model.count {
                if at < pattern.count, pattern[at] == Self.star {
                    (star, resume) = (at, from)
                    at += 1
                } else if at < pattern.count, form(pattern[at]) == form(model[from]) {
                    at += 1
                    from += 1
                } else if star >= 0 {
                    resume += 1
                    (at, from) = (star + 1, resume)
                } else {
                    return false
                }
            }
            return pattern[at...].allSatisfy { $0 == Self.star }
        }
    }

    package func matches(_ model: String) -> Bool {
        var model = model
        return model.withUTF8 { matches(UnsafeRawBufferPointer($0)) }
    }

    private static let star: UInt8 = 0x2A
}

extension ModelPattern: CustomStringConvertible {
    package var description: String { String(decoding: bytes, as: UTF8.self) }
}
