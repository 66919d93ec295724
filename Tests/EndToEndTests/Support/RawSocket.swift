import Glibc
import Synchronization

/// One side of a TCP connection, in raw bytes. Blocking, with a deadline on every wait; it never sleeps.
///
/// Keeps all it ever received in ``received``; what is read as messages is taken from the front of it.
final class RawSocket: Sendable {
    enum Failure: Error { case timeout(got: String), ended, system(Int32) }
    enum End: Equatable { case closed, reset }

    private struct State {
        var received: [UInt8] = []
        var taken = 0
        var end: End?
        var isOpen = true
    }

    let descriptor: Int32
    private let state = Mutex(State())

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close() }

    /// A client.
    static func connect(to port: Int) throws -> RawSocket {
        let descriptor = makeSocket()
        var address = loopback(port)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            let reason = errno
            Glibc.close(descriptor)
            throw Failure.system(reason)
        }
        let client = RawSocket(descriptor)
        client.sendsAtOnce()
        return client
    }

    /// Small pieces wait for no others.
    func sendsAtOnce() {
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    /// A TCP socket that no process started by a test inherits.
    static func makeSocket() -> Int32 {
        socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    }

    /// The next connection; negative where there will be none.
    static func acceptSocket(from listener: Int32) -> Int32 {
        let descriptor = accept(listener, nil, nil)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
    }

    static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    // MARK: Out

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        guard try sendAsMuchAsFits(bytes, patience: 5000) == bytes.count else {
            throw Failure.timeout(got: "no room")
        }
    }

    /// Sends until nothing has been taken for `patience` milliseconds; tells how much was.
    func sendAsMuchAsFits(_ bytes: [UInt8], patience: Int32) throws -> Int {
        var sent = 0
        while sent < bytes.count {
            var wish = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&wish, 1, patience) > 0 else { return sent }
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            guard count > 0 else { throw Failure.system(errno) }
            sent += count
        }
        return sent
    }

    /// The end of what we have to say; the other direction stays open.
    func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

    func close() {
        let wasOpen = state.withLock { state in
            defer { state.isOpen = false }
            return state.isOpen
        }
        if wasOpen { Glibc.close(descriptor) }
    }

    /// Closes with a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    // MARK: In

    /// All bytes that ever came.
    var received: [UInt8] { state.withLock { $0.received } }
    var text: String { String(decoding: received, as: UTF8.self) }
    var end: End? { state.withLock { $0.end } }
    /// Those not yet taken as a message.
    var waiting: ArraySlice<UInt8> { state.withLock { $0.received[$0.taken...] } }

    func take(_ count: Int) { state.withLock { $0.taken += count } }

    /// Reads until `condition` holds for what is waiting. Throws `ended` where the other side ends before
    /// that.
    func read(within milliseconds: Int32 = 5000, until condition: (ArraySlice<UInt8>) -> Bool) throws {
        while !condition(waiting) {
            guard try readSome(within: milliseconds) else { throw Failure.ended }
        }
    }

    func read(upTo text: String) throws {
        let bytes = Array(text.utf8)
        try read { $0.firstRange(of: bytes) != nil }
    }

    /// Reads until the other side ends, and tells how.
    func readToEnd(within milliseconds: Int32 = 5000) throws -> End {
        while try readSome(within: milliseconds) {}
        return end ?? .closed
    }

    /// True where nothing comes for so long.
    func isSilent(for milliseconds: Int32) -> Bool {
        var wish = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&wish, 1, milliseconds) == 0
    }

    private func readSome(within milliseconds: Int32) throws -> Bool {
        if end != nil { return false }
        var wish = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&wish, 1, milliseconds) > 0 else { throw Failure.timeout(got: String(text.suffix(400))) }
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else {
            state.withLock { $0.end = count == 0 ? .closed : .reset }
            return false
        }
        state.withLock { $0.received += buffer[..<count] }
        return true
    }
}
