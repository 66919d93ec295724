package import NIOCore

/// Takes the chunk that a client did not ask for out of its stream: where ``StreamUsageSplice`` added
/// `include_usage`, the event whose data is an object with an empty `choices` and a `usage`, and beside them
/// nothing but what names the completion. It holds the stream's ``meter``, which looks at every byte once for
/// both.
///
/// What goes in comes out in order and unchanged but for that event. An ordinary chunk is never waited with:
/// of an event that is cut off in the middle its bytes are held back only until `choices` proves to hold
/// something, and at most ``heldLimit`` of them; a larger event is passed on whatever it is. Comments between
/// events are never held.
package struct InjectedChunkFilter: ~Copyable {
    package static let heldLimit = 16 * 1024

    package let meter: UsageMeter
    /// What the open event began with, where it is not yet known whether it is sent.
    private var held = ByteBuffer()
    /// The open event is sent: what it began with is on its way.
    private var passesEvent = false
    /// The event that was taken out ended with the carriage return that ended its piece.
    private var dropsLineFeed = false

    /// `form`: as the answer is labelled. What is no stream of events passes as it came.
    package init(_ kind: Endpoint.Kind, form: UsageMeter.Form = .events) {
        meter = UsageMeter(kind, form: form)
    }

    /// The stream's next bytes; returns what is to be sent, which is `bytes` itself where nothing is held or
    /// taken out, and may be empty.
    package mutating func take(_ bytes: ByteBuffer) -> ByteBuffer {
        let count = bytes.readableBytes
        guard count > 0 else { return bytes }
        // The bytes in front of it are sent or dropped.
        var done = 0
        var sent: ByteBuffer?
        bytes.withUnsafeReadableBytes { readable in
            guard let base = readable.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            var index = meter.isDecided ? 0 : meter.decide(base, count)
            guard meter.form == .events else {
                meter.take(UnsafeRawBufferPointer(rebasing: readable[index...]))
                return
            }
            if dropsLineFeed, base[0] == 0x0A { done = 1 }
            dropsLineFeed = false
            while index < count {
                index = meter.scanEvents(base, index, count, stopsAtUsageChunk: true)
                guard meter.frame.isBehindUsageChunk else { continue }
                meter.frame.isBehindUsageChunk = false
                let start = meter.frame.start
                if start < 0, passesEvent { continue }
                let length = start < 0 ? held.readableBytes + index - done : index - start
                // Without the line feed behind a carriage return, which may come in another piece.
                let isPair = index > 1 && base[index - 1] == 0x0A && base[index - 2] == 0x0D
                guard length - (isPair ? 1 : 0) <= Self.heldLimit else { continue }
                if start < 0 { held.clear() } else { send(bytes, done..<start, &sent) }
                done = index
                dropsLineFeed = meter.frame.isBehindReturn
            }
        }
        let end = heldStart(of: count, done)
        send(bytes, done..<end, &sent)
        if end < count { held.writeImmutableBuffer(bytes.slice(end..<count)) }
        meter.frame.leave()
        return sent ?? ByteBuffer()
    }

    /// ``UsageMeter/nextEvent`` for what was sent: of an event that is held back the client knows nothing.
    package var nextEvent: Int64? {
        meter.frame.isOpen && !passesEvent ? meter.openEvents : meter.nextEvent
    }

    /// The stream has ended, whole or not; returns what is still to be sent: an event that was cut off before
    /// it could be judged, never one that was to be taken out.
    package mutating func finish() -> ByteBuffer {
        defer { held.clear() }
        return meter.frame.hasData && meter.scanner.isUsageChunk ? ByteBuffer() : held
    }

    /// From where on the bytes of a piece belong to an event of which it is not yet known whether it is sent.
    private mutating func heldStart(of count: Int, _ done: Int) -> Int {
        guard meter.frame.isOpen else {
            passesEvent = false
            return count
        }
        let isNew = meter.frame.start >= 0
        if !isNew, passesEvent { return count }
        let start = isNew ? meter.frame.start : done
        let length = count - start + (isNew ? 0 : held.readableBytes)
        passesEvent = meter.scanner.isOrdinary || length > Self.heldLimit
        return passesEvent ? count : start
    }

    /// Sends what was held, then a part of the piece.
    private mutating func send(_ bytes: ByteBuffer, _ range: Range<Int>, _ sent: inout ByteBuffer?) {
        guard !range.isEmpty else { return }
        if held.readableBytes > 0 {
            sent = held
            held = ByteBuffer()
        }
        if sent == nil {
            sent = range.count == bytes.readableBytes ? bytes : bytes.slice(range)
        } else {
            sent?.writeImmutableBuffer(bytes.slice(range))
        }
    }
}

extension ByteBuffer {
    /// A part of the readable bytes, in the same memory.
    fileprivate func slice(_ range: Range<Int>) -> ByteBuffer {
        getSlice(at: readerIndex + range.lowerBound, length: range.count) ?? ByteBuffer()
    }
}
