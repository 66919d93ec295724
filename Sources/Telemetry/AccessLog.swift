import Glibc
import Synchronization

/// One JSON line per settled exchange, written in batches by a thread of its own.
///
/// Nobody waits for the log: lines gather in memory and the thread writes them every ``interval``. Where the
/// other end does not take them, at most ``capacity`` bytes are kept, and what comes after is dropped and
/// counted.
package final class AccessLog: Sendable {
    private static let capacity = 8 * 1024 * 1024
    private static let interval: UInt32 = 20_000  // microseconds

    private struct State {
        var lines: [UInt8] = []
        var dropped: UInt64 = 0
        var isWriterIdle = true
    }

    private let state = Mutex(State())
    private let descriptor: Int32?
    private let wake = Semaphore()

    package enum Destination: Sendable {
        case off, standardOutput
        case file(String)
    }

    /// Why a log file cannot be written.
    package struct CannotOpen: Error {
        package let path: String
        package let code: Int32
    }

    package init(_ destination: Destination) throws(CannotOpen) {
        switch destination {
        case .off: descriptor = nil
        case .standardOutput: descriptor = 1
        case .file(let path):
            let opened = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
            guard opened >= 0 else { throw CannotOpen(path: path, code: errno) }
            descriptor = opened
        }
        guard descriptor != nil else { return }
        var thread = pthread_t()
        let me = Unmanaged.passRetained(self).toOpaque()
        let status = pthread_create(
            &thread, nil,
            { argument in
                if let argument {
                    Unmanaged<AccessLog>.fromOpaque(argument).takeRetainedValue().writeForever()
                }
                return nil
            }, me)
        precondition(status == 0, "pthread_create failed: \(status)")
        pthread_detach(thread)
    }

    package var isOn: Bool { descriptor != nil }
    package var droppedLines: UInt64 { state.withLock { $0.dropped } }

    /// `line` ends with a line feed.
    package func append(_ line: [UInt8]) {
        guard isOn else { return }
        let wakes = state.withLock { state in
            guard state.lines.count + line.count <= Self.capacity else {
                state.dropped += 1
                return false
            }
            state.lines += line
            defer { state.isWriterIdle = false }
            return state.isWriterIdle
        }
        if wakes { wake.post() }
    }

    /// Writes what is there and returns: at the end of the process.
    package func flush() {
        guard let descriptor else { return }
        Self.write(take(), to: descriptor)
    }

    private func take() -> [UInt8] {
        state.withLock { state in
            let lines = state.lines
            state.lines = []
            return lines
        }
    }

    private func writeForever() {
        guard let descriptor else { return }
        while true {
            wake.wait()
            usleep(Self.interval)
            state.withLock { $0.isWriterIdle = true }
            Self.write(take(), to: descriptor)
        }
    }

    /// A destination that is gone takes nothing, and the lines are lost: the log never stops the proxy.
    private static func write(_ lines: [UInt8], to descriptor: Int32) {
        lines.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = Glibc.write(
                    descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { return }
                rest = rest.dropFirst(written)
            }
        }
    }
}

/// A POSIX semaphore: what the writer thread sleeps on.
private final class Semaphore: Sendable {
    /// Touched by sem_* alone, which are thread-safe; allocated because its address must not change.
    nonisolated(unsafe) private let pointer: UnsafeMutablePointer<sem_t>

    init() {
        pointer = .allocate(capacity: 1)
        sem_init(pointer, 0, 0)
    }

    deinit {
        sem_destroy(pointer)
        pointer.deallocate()
    }

    func post() { sem_post(pointer) }

    func wait() { while sem_wait(pointer) != 0 {} }
}
