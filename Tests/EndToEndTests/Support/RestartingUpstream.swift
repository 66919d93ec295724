import Foundation
import Glibc
import Synchronization

/// An upstream that can end and come back on its port. It answers each request with the last part of its
/// target, and keeps those of all requests that ever reached it.
final class RestartingUpstream: Sendable {
    private struct State {
        var listener: Int32 = -1
        var connections: [RawSocket] = []
        var arrived: [String] = []
        /// Grows with each end and each return: odd while it is gone.
        var generation = 1
    }

    let port: Int
    private let state = Mutex(State())

    init() throws {
        let probe = RawSocket.makeSocket()
        port = try ScriptedUpstream.listen(probe, backlog: 1)
        Glibc.close(probe)
        try start()
    }

    deinit { stop() }

    var generation: Int { state.withLock { $0.generation } }
    var arrived: [String] { state.withLock { $0.arrived } }

    func start() throws {
        let listener = RawSocket.makeSocket()
        var one: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = RawSocket.loopback(port)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0, listen(listener, 256) == 0 else { throw RawSocket.Failure.system(errno) }
        state.withLock { state in
            state.listener = listener
            state.generation += 1
        }
        Thread.detachNewThread { [weak self] in
            while true {
                let descriptor = RawSocket.acceptSocket(from: listener)
                guard descriptor >= 0 else { return }
                let connection = RawSocket(descriptor)
                guard let self, admit(connection, from: listener) else { return connection.reset() }
                Thread.detachNewThread { [self] in try? serve(connection) }
            }
        }
    }

    private func admit(_ connection: RawSocket, from listener: Int32) -> Bool {
        state.withLock { state in
            guard state.listener == listener else { return false }
            state.connections.append(connection)
            return true
        }
    }

    private func serve(_ connection: RawSocket) throws {
        while true {
            let asked = try connection.readMessage(within: 60000)
            let name = String(asked.start.split(separator: " ")[1].split(separator: "/").last ?? "")
            state.withLock { $0.arrived.append(name) }
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(name.utf8.count)\r\n\r\n\(name)")
        }
    }

    /// Closes its listener and all connections, whatever they do.
    func stop() {
        let (listener, connections) = state.withLock { state in
            defer {
                state.listener = -1
                state.connections = []
                state.generation += 1
            }
            return (state.listener, state.connections)
        }
        shutdown(listener, Int32(SHUT_RDWR))
        Glibc.close(listener)
        // Their threads may be reading: the descriptors stay theirs.
        for connection in connections { shutdown(connection.descriptor, Int32(SHUT_RDWR)) }
    }
}
