import CCurl
import Glibc
import NIOCore
import Synchronization

/// The thread that tells event loops of ready sockets where the kernel offers no ``ReadinessSignal``: one for
/// all loops.
///
/// It waits on the loops' epoll sets (an epoll descriptor is readable when its set has an event). A set that
/// fires is disarmed (`EPOLLONESHOT`), its loop is woken, and re-arms the set when it has looked through it:
/// one wake-up per batch, however many sockets.
@safe
package final class ReadinessPoller: Sendable {
    private struct Watched {
        let eventLoop: any EventLoop
        let onReady: @Sendable () -> Void
    }

    private let descriptor: Int32
    private let watched = Mutex<[Int32: Watched]>([:])

    /// The thread starts with the first set, and lives as long as the process.
    package init() {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        precondition(descriptor >= 0, "epoll_create1 failed: \(errno)")
    }

    private func startThread() {
        var thread = pthread_t()
        let me = unsafe Unmanaged.passRetained(self).toOpaque()
        let status = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<ReadinessPoller>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, me)
        precondition(status == 0, "pthread_create failed: \(status)")
        pthread_detach(thread)
    }

    /// Calls `onReady` on `eventLoop` whenever the set `descriptor` has events and is armed. It begins armed.
    func watch(_ set: Int32, on eventLoop: any EventLoop, onReady: @escaping @Sendable () -> Void) {
        let isFirst = watched.withLock { watched in
            watched[set] = Watched(eventLoop: eventLoop, onReady: onReady)
            return watched.count == 1
        }
        control(EPOLL_CTL_ADD, set)
        if isFirst { startThread() }
    }

    /// Lets the set fire once more.
    func arm(_ set: Int32) { control(EPOLL_CTL_MOD, set) }

    private func control(_ operation: Int32, _ set: Int32) {
        var event = unsafe epoll_event(
            events: EPOLLIN.rawValue | EPOLLONESHOT.rawValue, data: epoll_data_t(fd: set))
        let status = unsafe epoll_ctl(descriptor, operation, set, &event)
        precondition(status == 0, "epoll_ctl failed: \(errno)")
    }

    private func run() {
        var events = unsafe [epoll_event](repeating: epoll_event(), count: 64)
        while true {
            let count = unsafe epoll_wait(descriptor, &events, Int32(events.count), -1)
            guard count > 0 else { continue }
            for index in 0..<Int(count) {
                let set = unsafe events[index].data.fd
                guard let entry = watched.withLock({ $0[set] }) else { continue }
                entry.eventLoop.execute(entry.onReady)
            }
        }
    }
}
