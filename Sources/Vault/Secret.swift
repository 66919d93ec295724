import CSodium

/// Bytes that must not leave the process by accident: a key, or a credential's text.
///
/// It owns guarded, locked memory (`sodium_malloc`), read-only from the end of `init` and overwritten with
/// zeros before it is given back. It cannot be printed, encoded or compared with `==`; whoever needs the
/// bytes says so with ``withUnsafeBytes(_:)`` and must not keep a copy.
@safe
package final class Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// Safe to share: written in `init` only, and write-protected by the kernel from then on.
    nonisolated(unsafe) private let memory: UnsafeMutableRawPointer
    package let byteCount: Int

    /// `fill` writes all `byteCount` bytes; where it throws, they are wiped.
    package init<Failure: Error>(
        byteCount: Int, filledBy fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        Sodium.start()
        guard let memory = unsafe sodium_malloc(byteCount) else {
            preconditionFailure("no guarded memory left")
        }
        unsafe self.memory = memory
        self.byteCount = byteCount
        unsafe try fill(UnsafeMutableRawBufferPointer(start: memory, count: byteCount))
        unsafe sodium_mprotect_readonly(memory)
    }

    package convenience init(copying bytes: UnsafeRawBufferPointer) {
        unsafe self.init(byteCount: bytes.count) { unsafe $0.copyMemory(from: bytes) }
    }

    /// For text that comes from a place that only gives a `String` (the environment, a JSON body). The text's
    /// own memory is the caller's to let go of.
    package convenience init(utf8 text: consuming String) {
        var text = text
        text.makeContiguousUTF8()
        let utf8 = text.utf8
        unsafe self.init(byteCount: utf8.count) { memory in
            unsafe memory.copyBytes(from: utf8)
        }
    }

    static func random(byteCount: Int) -> Secret {
        unsafe Secret(byteCount: byteCount) { bytes in
            guard let base = bytes.baseAddress else { return }
            unsafe randombytes_buf(base, bytes.count)
        }
    }

    deinit {
        // Makes the memory writable, overwrites it with zeros, and unmaps it.
        unsafe sodium_free(memory)
    }

    @inline(__always)
    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe try body(UnsafeRawBufferPointer(start: memory, count: byteCount))
    }

    /// The same for libsodium, which takes bytes that are not optional.
    @inline(__always)
    func withPointer<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        unsafe body(UnsafePointer(memory.assumingMemoryBound(to: UInt8.self)))
    }

    /// Compares in a time that depends on the lengths only.
    package func isEqual(to other: UnsafeRawBufferPointer) -> Bool {
        guard byteCount == other.count, let base = other.baseAddress else { return byteCount == other.count }
        return unsafe sodium_memcmp(memory, base, byteCount) == 0
    }

    package var description: String { "<secret>" }
    package var debugDescription: String { "<secret>" }
    package var customMirror: Mirror { Mirror(self, children: [], displayStyle: .class) }
}
