/// Writes bytes one behind another into memory that is large enough; where it is not, the process ends rather
/// than that a byte is written behind it.
package struct Pen {
    private let start: UnsafeMutablePointer<UInt8>
    private var next: UnsafeMutablePointer<UInt8>
    private let end: UnsafeMutablePointer<UInt8>

    /// `buffer` is not empty, and stays as long as the pen is used.
    package init(_ buffer: UnsafeMutableBufferPointer<UInt8>) {
        guard let start = buffer.baseAddress else { preconditionFailure("there is nothing to write to") }
        self.start = start
        next = start
        end = start + buffer.count
    }

    package var written: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: next - start) }

    /// How many bytes were written.
    package var count: Int { next - start }

    /// Writes once more what stands at these offsets.
    package mutating func put(again written: Range<Int>) {
        precondition(written.upperBound <= count, "there is nothing there yet")
        let source = start + written.lowerBound
        take(written.count).update(from: source, count: written.count)
    }

    package mutating func put(_ bytes: UnsafeRawBufferPointer) {
        guard let first = bytes.baseAddress else { return }
        UnsafeMutableRawPointer(take(bytes.count)).copyMemory(from: first, byteCount: bytes.count)
    }

    package mutating func put(_ literal: StaticString) {
        take(literal.utf8CodeUnitCount).update(from: literal.utf8Start, count: literal.utf8CodeUnitCount)
    }

    package mutating func put(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { put($0) } }

    package mutating func put(_ id: RequestID) { id.write(to: take(RequestID.length)) }

    /// Text that needs no escaping, in quotes, or `null`.
    package mutating func put(name: String?) {
        guard var name else { return put("null") }
        name.withUTF8 { bytes in
            take(1).pointee = 0x22
            put(bytes)
            take(1).pointee = 0x22
        }
    }

    /// Three digits of a number from 0 to 999.
    package mutating func put(thousandths: Int64) {
        digits(UInt(truncatingIfNeeded: thousandths), width: 3)
    }

    /// Billionths of a whole, in decimal with all nine digits behind the point, or `null`; the sign is left
    /// out.
    package mutating func put(billionths: Int64?) {
        guard let magnitude = billionths?.magnitude else { return put("null") }
        put(number: Int(magnitude / 1_000_000_000))
        put(".")
        digits(UInt(magnitude % 1_000_000_000), width: 9)
    }

    /// In decimal, or `null`; the sign is left out.
    package mutating func put(number: Int?) {
        guard let number else { return put("null") }
        let value = number.magnitude
        var width = 1
        var bound: UInt = 10
        while value >= bound {
            width += 1
            let (next, isTooLarge) = bound.multipliedReportingOverflow(by: 10)
            if isTooLarge { break }
            bound = next
        }
        digits(value, width: width)
    }

    /// The last `width` digits of a number, two at a time.
    private mutating func digits(_ value: UInt, width: Int) {
        let target = take(width)
        var place = width
        var rest = value
        while place >= 2 {
            place -= 2
            let pair = UInt8(truncatingIfNeeded: rest % 100)
            target[place] = 0x30 | pair / 10
            target[place + 1] = 0x30 | pair % 10
            rest /= 100
        }
        if place == 1 { target[0] = 0x30 | UInt8(truncatingIfNeeded: rest % 10) }
    }

    private mutating func put(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let first = bytes.baseAddress else { return }
        take(bytes.count).update(from: first, count: bytes.count)
    }

    private mutating func take(_ length: Int) -> UnsafeMutablePointer<UInt8> {
        precondition(length <= end - next, "a text is longer than was reckoned")
        defer { next += length }
        return next
    }
}
