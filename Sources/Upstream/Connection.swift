import CCurl
import Glibc
import NIOCore

/// A connection to an upstream that stands: bytes in and bytes out, nothing of HTTP. Confined to its loop.
///
/// libcurl made it, and checked who is at the other end. Without TLS its descriptor is ours alone. With TLS
/// libcurl reads and writes: what it has decrypted the kernel does not know of, so a reader goes on until
/// there is nothing.
@safe
final class Connection {
    enum Received {
        case bytes
        /// There is nothing now.
        case nothing
        /// The other side has sent all it will.
        case end
        /// The connection has ended, and TLS has not: there may have been more.
        case cut
        case failed
    }

    /// The largest TLS record (RFC 8446 5.1).
    private static let recordSize = 16 * 1024
    /// Bytes that are sent in a row before others have their turn.
    private static let turn = 256 * 1024

    let descriptor: Int32
    let pool: ConnectionPool
    /// libcurl's, with TLS alone.
    private let handle: EasyHandle?
    private unowned let loop: TransferLoop
    let madeAt: NIODeadline
    var idleSince: NIODeadline
    /// Whose request it serves now.
    var transfer: RemoteTransfer?
    /// What libcurl has taken of a write that it could not finish: it wants the same bytes at the same place
    /// again.
    private var unfinished: UnsafeMutableRawBufferPointer?
    private var isOpen = true

    init(
        _ descriptor: Int32, through handle: EasyHandle?, in pool: ConnectionPool, of loop: TransferLoop,
        at now: NIODeadline
    ) {
        self.descriptor = descriptor
        self.handle = handle
        self.pool = pool
        self.loop = loop
        madeAt = now
        idleSince = now
    }

    deinit { precondition(!isOpen, "a connection was let go of open") }

    var isEncrypted: Bool { handle != nil }

    /// Reads once, into the room that there is behind what `buffer` holds.
    func receive(into buffer: inout ByteBuffer) -> Received {
        var result = Received.nothing
        unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 1) { room in
            var count = 0
            if let handle {
                switch unsafe curl_easy_recv(handle.pointer, room.baseAddress, room.count, &count) {
                case CURLE_OK where count > 0: result = .bytes
                case CURLE_OK: result = unsafe lk_easy_has_ended_tls(handle.pointer) != 0 ? .end : .cut
                case CURLE_AGAIN: result = .nothing
                default: result = .failed
                }
            } else {
                count = unsafe lk_receive(descriptor, room.baseAddress, room.count)
                if count < 0 {
                    result = errno == EAGAIN || errno == EINTR ? .nothing : .failed
                    count = 0
                } else {
                    result = count > 0 ? .bytes : .end
                }
            }
            return count
        }
        return result
    }

    /// Sends what it can, of a long body as much as others may wait for. False where it fails.
    func send(_ outgoing: inout Outgoing) -> Bool {
        var turn = Self.turn
        while !outgoing.isEmpty, turn > 0 {
            let parts = unsafe loop.parts
            let count = unsafe outgoing.point(parts)
            var bytes = 0
            for index in 0..<count { unsafe bytes += parts[index].iov_len }
            guard let sent = unsafe isEncrypted ? sendEncrypted(parts[..<count]) : sendPlain(parts, count)
            else { return false }
            guard sent > 0 else { break }
            turn -= sent
            if let head = outgoing.didSend(sent) { loop.keep(head) }
            if sent < bytes, !isEncrypted { break }
        }
        return true
    }

    /// 0 where there is no room now, nil where it fails.
    private func sendPlain(_ parts: UnsafeMutableBufferPointer<iovec>, _ count: Int) -> Int? {
        let sent = unsafe lk_send(descriptor, parts.baseAddress, count)
        return sent >= 0 ? sent : errno == EAGAIN || errno == EINTR ? 0 : nil
    }

    /// The same: one record at most, in one piece of memory.
    private func sendEncrypted(_ parts: Slice<UnsafeMutableBufferPointer<iovec>>) -> Int? {
        guard let handle else { return nil }
        let record = unsafe unfinished ?? gather(parts)
        var sent = 0
        let code = unsafe curl_easy_send(handle.pointer, record.baseAddress, record.count, &sent)
        if code == CURLE_AGAIN {
            unsafe unfinished = unsafe record
            return 0
        }
        unsafe discard(record)
        unsafe unfinished = nil
        return code == CURLE_OK ? sent : nil
    }

    private func gather(_ parts: Slice<UnsafeMutableBufferPointer<iovec>>) -> UnsafeMutableRawBufferPointer {
        let size = unsafe parts.reduce(0) { unsafe $0 + $1.iov_len }
        let record = UnsafeMutableRawBufferPointer.allocate(
            byteCount: min(size, Self.recordSize), alignment: 1)
        var filled = 0
        for index in unsafe parts.startIndex..<parts.endIndex where filled < record.count {
            let part = unsafe parts[index]
            let count = unsafe min(part.iov_len, record.count - filled)
            unsafe UnsafeMutableRawBufferPointer(rebasing: record[filled...])
                .copyMemory(from: UnsafeRawBufferPointer(start: part.iov_base, count: count))
            filled += count
        }
        return unsafe record
    }

    /// It may hold a credential.
    private func discard(_ record: UnsafeMutableRawBufferPointer) {
        if let base = record.baseAddress { unsafe explicit_bzero(base, record.count) }
        unsafe record.deallocate()
    }

    /// True where nothing has come that nobody asked for, not even an end: only then may a request follow. (A
    /// TLS session ticket may come late, and is read past.)
    func isSilent() -> Bool {
        guard let handle else { return lk_peek(descriptor) < 0 && errno == EAGAIN }
        var byte: UInt8 = 0
        var count = 0
        return unsafe curl_easy_recv(handle.pointer, &byte, 1, &count) == CURLE_AGAIN
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        if let record = unsafe unfinished {
            unsafe discard(record)
            unsafe unfinished = nil
        }
        if let handle {
            handle.leave()
        } else {
            loop.sockets.forget(descriptor)
            Glibc.close(descriptor)
        }
    }
}
