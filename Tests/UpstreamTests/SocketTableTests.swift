import CCurl
import Glibc
import Testing

@testable import Upstream

/// Which descriptors the kernel reports, over real sockets.
@Suite(.serialized) struct SocketTableTests {
    /// The descriptors of `table` that have an event now, and which.
    private func events(of table: SocketTable) -> [Int32: UInt32] {
        var events = [epoll_event](repeating: epoll_event(), count: 8)
        let count = epoll_wait(table.set, &events, 8, 0)
        return Dictionary(uniqueKeysWithValues: events[..<Int(max(0, count))].map { ($0.data.fd, $0.events) })
    }

    private func pair() -> (Int32, Int32) {
        var sockets: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &sockets) == 0)
        return (sockets[0], sockets[1])
    }

    @Test func `a descriptor is reported for what it is watched for, and not otherwise`() {
        var table = SocketTable()
        let (ours, theirs) = pair()
        defer {
            close(ours)
            close(theirs)
            close(table.set)
        }
        table.open(ours)
        #expect(events(of: table).isEmpty)
        table.watch(ours, for: EPOLLIN.rawValue)
        #expect(events(of: table).isEmpty)
        #expect(write(theirs, "x", 1) == 1)
        #expect(events(of: table) == [ours: EPOLLIN.rawValue])
        table.watch(ours, for: EPOLLIN.rawValue | EPOLLOUT.rawValue)
        #expect(events(of: table) == [ours: EPOLLIN.rawValue | EPOLLOUT.rawValue])
        table.watch(ours, for: 0)
        shutdown(theirs, Int32(SHUT_RDWR))
        #expect(events(of: table).isEmpty, "not even its end is reported")
        table.watch(ours, for: EPOLLIN.rawValue)
        #expect(events(of: table)[ours].map { $0 & EPOLLIN.rawValue } == EPOLLIN.rawValue)
    }

    @Test func `a number that comes back is watched anew, told of or not`() {
        var table = SocketTable()
        let (ours, other) = pair()
        table.open(ours)
        table.watch(ours, for: EPOLLIN.rawValue)
        // Nobody says that it closes. In one step, for other threads open descriptors too.
        let (next, theirs) = pair()
        #expect(dup2(next, ours) == ours)
        close(next)
        close(other)
        defer {
            close(ours)
            close(theirs)
            close(table.set)
        }
        table.watch(ours, for: EPOLLIN.rawValue | EPOLLOUT.rawValue)
        #expect(events(of: table) == [ours: EPOLLOUT.rawValue])
        table.forget(ours)
        if case .none = table.owner(of: ours) {} else { Issue.record("it is somebody's still") }
        table.watch(ours, for: EPOLLIN.rawValue)
        #expect(write(theirs, "x", 1) == 1)
        #expect(events(of: table) == [ours: EPOLLIN.rawValue])
    }

    @Test func `a descriptor that nobody knows is nobody's`() {
        let table = SocketTable()
        defer { close(table.set) }
        if case .none = table.owner(of: 1_000_000) {} else { Issue.record("it is somebody's") }
    }
}
