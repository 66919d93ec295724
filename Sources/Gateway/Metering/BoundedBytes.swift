/// Bytes of a bounded number, kept in place: what a scanner that sees pieces has to remember of them.
///
/// Promises that it never allocates, and that what does not fit is dropped whole, never cut: a name of which
/// only the beginning is known is another name.
struct BoundedBytes<let capacity: Int>: ~Copyable {
    private var storage = InlineArray<capacity, UInt8>(repeating: 0)
    private var length = 0

    init() {}

    var isEmpty: Bool { length == 0 }
    /// More came than fit.
    var isOverfull: Bool { length > capacity }

    mutating func append(_ bytes: UnsafePointer<UInt8>, count: Int) {
        guard count > 0, !isOverfull else { return }
        guard count <= capacity - length else {
            length = capacity + 1
            return
        }
        let start = length
        withUnsafeMutableBytes(of: &storage) { room in
            room.baseAddress?.advanced(by: start).copyMemory(from: bytes, byteCount: count)
        }
        length += count
    }

    /// Keeps these bytes alone; none of them where they do not fit.
    mutating func replace(with bytes: UnsafePointer<UInt8>, count: Int) {
        length = 0
        append(bytes, count: count)
        if isOverfull { length = 0 }
    }

    mutating func replace(with text: String) {
        var text = text
        text.withUTF8 { bytes in
            guard let base = bytes.baseAddress else { return clear() }
            replace(with: base, count: bytes.count)
        }
    }

    mutating func clear() { length = 0 }

    /// nil where it is empty, and for what is no text.
    var text: String? {
        let bytes = storage.span.extracting(first: isOverfull ? 0 : length)
        guard !bytes.isEmpty, let text = try? UTF8Span(validating: bytes) else { return nil }
        return String(copying: text)
    }

    /// Nothing where more came than fit.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        storage.span.extracting(first: isOverfull ? 0 : length).bytes.withUnsafeBytes(body)
    }
}
