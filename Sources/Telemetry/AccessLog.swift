import Glibc
import Synchronization

/// One JSON line per settled exchange, written in batches by a thread of its own.
///
/// Nobody waits for the log: lines gather in memory and the thread writes them every ``interval``. Where the
/// other end does not take them, at most ``capacity`` bytes are kept, and what comes after is dropped and
/// counted; so are lines that cannot be written at all. Where the log is a file, ``reopen()`` goes on in the
/// one that has its name now.
package final class AccessLog: Sendable {
    private static let capacity = 8 * 1024 * 1024
    private static let interval: UInt32 = 20_000  // microseconds
    /// Bytes of memory that are kept for the next lines; what a burst took beyond is given back.
    private static let keptCapacity = 1024 * 1024
    /// Seconds for which the end of the process waits for the other end.
    private static let patience = 2

    private struct State {
        var lines: [UInt8] = []
        /// Bytes that the thread has taken and not got rid of.
        var writing = 0
        var dropped: UInt64 = 0
        var isWriterIdle = true
        var isEnding = false
    }

    private let state = Mutex(State())
    private let descriptor: Int32?
    /// Where it is a file.
    private let path: String?
    private let wake = Semaphore()
    private let ended = Semaphore()

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
        case .off: (descriptor, path) = (nil, nil)
        case .standardOutput: (descriptor, path) = (1, nil)
        case .file(let path): (descriptor, self.path) = (try Self.open(path), path)
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
            guard state.writing + state.lines.count + line.count <= Self.capacity else {
                state.dropped += 1
                return false
            }
            state.lines += line
            defer { state.isWriterIdle = false }
            return state.isWriterIdle
        }
        if wakes { wake.post() }
    }

    /// Goes on in the file that has the log's name now, which is made where there is none: whoever rotates
    /// the log has moved the old one away. Returns the path; nil where the log is no file. Where that cannot
    /// be opened, the log stays where it is.
    package func reopen() throws(CannotOpen) -> String? {
        guard let path, let descriptor else { return nil }
        // A pipe that nobody reads is an error, not a wait.
        let opened = try Self.open(path, O_NONBLOCK)
        defer { close(opened) }
        guard fcntl(opened, F_SETFL, O_APPEND) == 0, dup2(opened, descriptor) >= 0,
            fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
        else { throw CannotOpen(path: path, code: errno) }
        return path
    }

    private static func open(_ path: String, _ flags: Int32 = 0) throws(CannotOpen) -> Int32 {
        let opened = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | flags, 0o640)
        guard opened >= 0 else { throw CannotOpen(path: path, code: errno) }
        return opened
    }

    /// Returns when all lines are written, or cannot be in ``patience``: at the end of the process, once.
    package func flush() {
        guard isOn else { return }
        state.withLock { $0.isEnding = true }
        wake.post()
        ended.wait(seconds: Self.patience)
    }

    private func writeForever() {
        guard let descriptor else { return }
        var lines: [UInt8] = []
        while true {
            wake.wait()
            usleep(Self.interval)
            state.withLock { state in
                swap(&state.lines, &lines)
                state.writing = lines.count
                state.isWriterIdle = true
            }
            let lost = Self.write(lines, to: descriptor)
            lines.removeAll(keepingCapacity: lines.capacity <= Self.keptCapacity)
            let isEnding = state.withLock { state in
                state.writing = 0
                state.dropped += UInt64(lost)
                return state.isEnding && state.lines.isEmpty
            }
            if isEnding { ended.post() }
        }
    }

    /// A destination that is gone takes nothing, and the lines are lost: the log never stops the proxy.
    /// Returns how many they were.
    private static func write(_ lines: [UInt8], to descriptor: Int32) -> Int {
        lines.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = Glibc.write(
                    descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written > 0 {
                    rest = rest.dropFirst(written)
                } else if errno == EAGAIN {
                    // Somebody else who has this pipe open made it so that it does not wait.
                    var interest = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&interest, 1, -1)
                } else if errno != EINTR {
                    break
                }
            }
            return rest.count { $0 == UInt8(ascii: "\n") }
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

    func wait(seconds: Int) {
        var deadline = timespec()
        clock_gettime(CLOCK_REALTIME, &deadline)
        deadline.tv_sec += seconds
        while sem_timedwait(pointer, &deadline) != 0, errno == EINTR {}
    }
}
