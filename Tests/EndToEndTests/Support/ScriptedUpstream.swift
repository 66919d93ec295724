import Foundation
import Glibc
import Synchronization

/// A TCP server that does to each connection what the test's script says, in raw bytes, and keeps what it
/// got.
///
/// Each connection has a thread of its own; the connection is closed when its script returns.
final class ScriptedUpstream: Sendable {
    typealias Script = @Sendable (RawSocket) throws -> Void

    let port: Int
    private let listener: Int32
    private let accepted = Mutex<[RawSocket]>([])

    /// - Parameter backlog: connections that wait to be accepted, for one that never is.
    init(_ script: @escaping Script) throws {
        listener = RawSocket.makeSocket()
        port = try Self.listen(listener, backlog: 256)
        let listener = listener
        Thread.detachNewThread { [weak self] in
            while true {
                let descriptor = RawSocket.acceptSocket(from: listener)
                guard descriptor >= 0 else { return }
                let connection = RawSocket(descriptor)
                self?.accepted.withLock { $0.append(connection) }
                Thread.detachNewThread {
                    // A script ends with an error where the other side went away first: that is for the test
                    // to judge.
                    try? script(connection)
                    connection.close()
                }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    static func listen(_ descriptor: Int32, backlog: Int32) throws -> Int {
        var address = RawSocket.loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                guard bind(descriptor, $0, length) == 0, Glibc.listen(descriptor, backlog) == 0,
                    getsockname(descriptor, $0, &length) == 0
                else { throw RawSocket.Failure.system(errno) }
            }
            return Int(in_port_t(bigEndian: pointer.pointee.sin_port))
        }
    }

    var connections: [RawSocket] { accepted.withLock { $0 } }
    /// All bytes that ever came, on every connection.
    var received: [UInt8] { connections.flatMap(\.received) }

    /// Answers every request with the same bytes.
    static func answering(_ answer: String) throws -> ScriptedUpstream {
        try ScriptedUpstream { connection in
            while true {
                _ = try connection.readMessage(within: 60000)
                try connection.send(answer)
            }
        }
    }

    static let ok =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"ok\":true}"
}

/// A door that a script waits at until the test opens it, or the other way round.
final class Door: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    func open() { semaphore.signal() }
    /// False where it was not opened in time.
    @discardableResult func pass(within seconds: Double = 5) -> Bool {
        semaphore.wait(timeout: .now() + seconds) == .success
    }
}
