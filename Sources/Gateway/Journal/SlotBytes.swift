import Domain
import Glibc

/// Writes values behind one another into a ``JournalSlot``. What there may be of each is bounded, so that all
/// of it fits; were it ever not so, the process would end rather than write into the neighbour's slot.
struct SlotWriter {
    private let start: UnsafeMutableRawPointer
    private(set) var place: Int

    init(_ start: UnsafeMutableRawPointer, at place: Int) {
        self.start = start
        self.place = place
    }

    /// Fills up to a multiple of 8, and returns where that is.
    mutating func finish() -> Int {
        while !place.isMultiple(of: 8) { put(UInt8(0)) }
        return place
    }

    @inline(__always)
    mutating func put<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
        precondition(place + MemoryLayout<Value>.size <= JournalSlot.size)
        start.storeBytes(of: value, toByteOffset: place, as: Value.self)
        place += MemoryLayout<Value>.size
    }

    mutating func put(_ charge: Charge) {
        put(charge.requests)
        put(charge.tokens)
        put(charge.cost.nanoUSD)
    }

    /// The two sums; the classes within them only where there are any.
    mutating func put(_ usage: borrowing Usage) {
        put(usage.prompt)
        put(usage.completion)
        guard usage.hasClasses else { return put(UInt8(0)) }
        put(UInt8(1))
        put(usage.cachedPrompt)
        put(usage.cacheWritePrompt)
        put(usage.audioPrompt)
        put(usage.imagePrompt)
        put(usage.reasoning)
        put(usage.audioCompletion)
        put(usage.imageCompletion)
        put(usage.audioMilliseconds)
    }

    /// Text of a known length; the rest is filled up with zeros.
    mutating func put(_ text: borrowing String, length: Int) {
        let end = place + length
        copy(text, limit: length)
        while place < end { put(UInt8(0)) }
    }

    mutating func put(_ text: String?, limit: Int) {
        guard let text else { return put(UInt8.max) }
        let length = place
        place += 1
        copy(text, limit: limit)
        let count = UInt8(truncatingIfNeeded: place - length - 1)
        start.storeBytes(of: count, toByteOffset: length, as: UInt8.self)
    }

    /// Whole characters only.
    @inline(__always)
    private mutating func copy(_ text: borrowing String, limit: Int) {
        precondition(place + limit <= JournalSlot.size)
        let target = start + place
        place += text.utf8Span.span.withUnsafeBufferPointer { bytes in
            guard let first = bytes.baseAddress else { return 0 }
            var count = min(bytes.count, limit)
            if count < bytes.count { while count > 0, bytes[count] & 0xC0 == 0x80 { count -= 1 } }
            target.copyMemory(from: first, byteCount: count)
            return count
        }
    }
}

/// Reads what ``SlotWriter`` wrote. Behind the end there are zeros and empty texts.
struct SlotReader {
    private let start: UnsafeRawPointer
    private var place: Int
    private let end: Int

    init(_ start: UnsafeRawPointer, from place: Int, to end: Int) {
        self.start = start
        self.place = place
        self.end = end
    }

    @inline(__always)
    mutating func number<Value: FixedWidthInteger & BitwiseCopyable>(as: Value.Type = Value.self) -> Value {
        let bytes = bytes(MemoryLayout<Value>.size)
        return bytes.count == MemoryLayout<Value>.size ? bytes.loadUnaligned(as: Value.self) : 0
    }

    mutating func charge() -> Charge {
        Charge(requests: number(), tokens: number(), cost: Money(nanoUSD: number()))
    }

    mutating func usage() -> Usage {
        var usage = Usage(prompt: number(), completion: number())
        guard number(as: UInt8.self) != 0 else { return usage }
        usage.cachedPrompt = number()
        usage.cacheWritePrompt = number()
        usage.audioPrompt = number()
        usage.imagePrompt = number()
        usage.reasoning = number()
        usage.audioCompletion = number()
        usage.imageCompletion = number()
        usage.audioMilliseconds = number()
        return usage
    }

    mutating func text() -> String? {
        let length = number(as: UInt8.self)
        return length == .max ? nil : String(decoding: bytes(Int(length)), as: UTF8.self)
    }

    /// Passes over `bytes` where they stand next; false, and where it is, otherwise.
    mutating func skip(_ bytes: [UInt8]) -> Bool {
        guard end - place >= bytes.count, memcmp(bytes, start + place, bytes.count) == 0 else { return false }
        place += bytes.count
        return true
    }

    /// What lies between here and where `later` is.
    func bytes(until later: SlotReader) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: start + place, count: later.place - place)
    }

    /// Fewer where the end is nearer.
    mutating func bytes(_ count: Int) -> UnsafeRawBufferPointer {
        let count = min(count, end - place)
        defer { place += count }
        return UnsafeRawBufferPointer(start: start + place, count: count)
    }
}

extension Usage {
    /// Something is told beyond the two sums.
    fileprivate var hasClasses: Bool {
        cachedPrompt | cacheWritePrompt | audioPrompt | imagePrompt | reasoning | audioCompletion
            | imageCompletion | audioMilliseconds != 0
    }
}
