import CCurl
import Glibc

/// Which sockets of a transfer loop wait for what, with as few `epoll_ctl` calls as can be.
///
/// libcurl drops its interest at the end of each request and takes it up again at the next one on the same
/// connection. Here a dropped socket stays registered until it really has an event that nobody wants (its
/// peer closed it), which saves two system calls a request.
@safe
struct SocketInterest {
    private struct Registration {
        var registered: UInt32 = 0
        var wanted: UInt32 = 0
        /// Opened by libcurl for a connection and not closed since: only then do we hear of its end.
        var isConnection = false
    }

    let set: Int32
    private var sockets: [Registration] = []

    init() {
        set = epoll_create1(Int32(EPOLL_CLOEXEC))
        precondition(set >= 0, "epoll_create1 failed: \(errno)")
    }

    /// `what` is libcurl's CURL_POLL_*.
    mutating func update(_ socket: Int32, _ what: Int32) {
        let index = Int(socket)
        while sockets.count <= index { sockets.append(Registration()) }
        switch what {
        case CURL_POLL_IN: sockets[index].wanted = EPOLLIN.rawValue
        case CURL_POLL_OUT: sockets[index].wanted = EPOLLOUT.rawValue
        case CURL_POLL_INOUT: sockets[index].wanted = EPOLLIN.rawValue | EPOLLOUT.rawValue
        default: sockets[index].wanted = 0
        }
        let isIdle =
            sockets[index].isConnection && sockets[index].wanted == 0
            && sockets[index].registered == EPOLLIN.rawValue
        if !isIdle { register(socket) }
    }

    /// A connection's socket was opened: whatever had its number before is gone. (libcurl's resolver closes
    /// sockets of its own without telling.)
    mutating func open(_ socket: Int32) {
        let index = Int(socket)
        while sockets.count <= index { sockets.append(Registration()) }
        sockets[index] = Registration()
        sockets[index].isConnection = true
    }

    /// Called before the socket is closed: the kernel forgets it by itself.
    mutating func forget(_ socket: Int32) {
        guard sockets.indices.contains(Int(socket)) else { return }
        sockets[Int(socket)] = Registration()
    }

    /// An event came: what libcurl wants to hear of it (CURL_CSELECT_*), or nil where nobody waits for it.
    mutating func selection(for socket: Int32, events: UInt32) -> Int32? {
        guard sockets[Int(socket)].wanted != 0 else {
            register(socket)
            return nil
        }
        var mask: Int32 = 0
        if events & EPOLLIN.rawValue != 0 { mask |= CURL_CSELECT_IN }
        if events & EPOLLOUT.rawValue != 0 { mask |= CURL_CSELECT_OUT }
        if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { mask |= CURL_CSELECT_ERR }
        return mask
    }

    private mutating func register(_ socket: Int32) {
        let registration = sockets[Int(socket)]
        guard registration.registered != registration.wanted else { return }
        var event = unsafe epoll_event(events: registration.wanted, data: epoll_data_t(fd: socket))
        let operation =
            registration.registered == 0
            ? EPOLL_CTL_ADD : registration.wanted == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD
        var status = unsafe epoll_ctl(set, operation, socket, &event)
        // A socket that was closed behind our back took its registration with it.
        if status != 0, errno == ENOENT, operation == EPOLL_CTL_MOD {
            status = unsafe epoll_ctl(set, EPOLL_CTL_ADD, socket, &event)
        } else if status != 0, errno == EEXIST {
            status = unsafe epoll_ctl(set, EPOLL_CTL_MOD, socket, &event)
        }
        sockets[Int(socket)].registered = status == 0 ? registration.wanted : 0
    }
}
