import CCurl
import Glibc

/// The descriptors of a transfer loop: what of each its epoll set reports, and whose it is. As few
/// `epoll_ctl` calls as can be: a connection is watched for bytes to read from when it stands until it
/// closes.
@safe
struct SocketTable {
    enum Owner {
        /// Nobody: it closed, or never was.
        case none
        /// libcurl, which connects with it or looks a name up.
        case connecting(ConnectingGroup)
        case connection(Connection)
    }

    private struct Entry {
        var owner = Owner.none
        var watched: UInt32 = 0
    }

    let set: Int32
    private var entries: [Entry] = []

    init() {
        set = epoll_create1(Int32(EPOLL_CLOEXEC))
        precondition(set >= 0, "epoll_create1 failed: \(errno)")
    }

    func owner(of socket: Int32) -> Owner {
        entries.indices.contains(Int(socket)) ? entries[Int(socket)].owner : .none
    }

    mutating func give(_ socket: Int32, to owner: Owner) {
        reserve(socket)
        entries[Int(socket)].owner = owner
    }

    /// A socket was opened: whatever had its number before is gone. (libcurl's resolver closes its own
    /// without a word.)
    mutating func open(_ socket: Int32) {
        reserve(socket)
        entries[Int(socket)] = Entry()
    }

    /// Called before the socket is closed: the kernel forgets it by itself.
    mutating func forget(_ socket: Int32) {
        if entries.indices.contains(Int(socket)) { entries[Int(socket)] = Entry() }
    }

    /// Reports these events (EPOLLIN, EPOLLOUT) from now on; none, not even an error, where there are none.
    mutating func watch(_ socket: Int32, for events: UInt32) {
        reserve(socket)
        var watched = entries[Int(socket)].watched
        // One of libcurl's own may have closed without a word, and its number be another's.
        if case .connecting = entries[Int(socket)].owner, events != 0 { watched = 0 }
        guard watched != events else { return }
        var event = unsafe epoll_event(events: events, data: epoll_data_t(fd: socket))
        let operation = watched == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD
        var status = unsafe epoll_ctl(set, operation, socket, &event)
        // A socket that was closed behind our back took its registration with it.
        if status != 0, errno == ENOENT, operation == EPOLL_CTL_MOD {
            status = unsafe epoll_ctl(set, EPOLL_CTL_ADD, socket, &event)
        } else if status != 0, errno == EEXIST {
            status = unsafe epoll_ctl(set, EPOLL_CTL_MOD, socket, &event)
        }
        entries[Int(socket)].watched = status == 0 ? events : 0
    }

    private mutating func reserve(_ socket: Int32) {
        while entries.count <= Int(socket) { entries.append(Entry()) }
    }
}
