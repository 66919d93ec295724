import CCurl
import NIOCore

/// Makes a loop's connections: libcurl's part. Confined to the loop, libcurl's callbacks too.
///
/// The handles are spread over several multi handles, each of few: with every read and write of an encrypted
/// connection libcurl looks for it among all those of its multi handle.
@safe
final class Connector {
    /// Names and TLS sessions are remembered for all groups together.
    let share: UnsafeMutableRawPointer
    private var groups: [ConnectingGroup] = []
    private unowned let loop: TransferLoop
    /// How often libcurl was called.
    private(set) var rounds = 0

    init(_ loop: TransferLoop) {
        guard let share = unsafe curl_share_init() else { preconditionFailure("libcurl has no memory") }
        unsafe self.share = share
        self.loop = loop
        for data in [CURL_LOCK_DATA_DNS, CURL_LOCK_DATA_SSL_SESSION] {
            let code = unsafe lk_share(share, data)
            precondition(code == CURLSHE_OK, "libcurl shares nothing: \(code.rawValue)")
        }
    }

    /// Begins to connect for `transfer`. The loop hears of the end in ``TransferLoop/didConnect(_:_:)``; nil
    /// where libcurl has no memory left.
    func connect(_ transfer: RemoteTransfer) -> EasyHandle? {
        guard let handle = EasyHandle(for: transfer, of: loop) else { return nil }
        return handle.start(in: groupWithRoom()) ? handle : nil
    }

    private func groupWithRoom() -> ConnectingGroup {
        if let group = groups.first(where: { $0.count < ConnectingGroup.sizeLimit }) { return group }
        let group = ConnectingGroup(loop)
        groups.append(group)
        return group
    }

    /// Lets libcurl do what it wanted to do by now, and tells the loop which attempts have ended.
    func run(at now: NIODeadline) {
        willCall()
        for group in groups where group.isDue(at: now) || group.hasEvent { group.run(at: now) }
    }

    func willCall() { rounds += 1 }

    /// libcurl wants to be called now.
    func isDue(at now: NIODeadline) -> Bool { groups.contains { $0.isDue(at: now) } }

    /// Gives up the memory of groups that nobody needs, but for one.
    func trim() {
        while groups.count > 1, let last = groups.last, last.count == 0 { groups.removeLast() }
    }
}

/// A multi handle of libcurl's: connections that are being made, and encrypted ones for as long as they live.
@safe
final class ConnectingGroup {
    static let sizeLimit = 64

    let multi: UnsafeMutableRawPointer
    private unowned let loop: TransferLoop
    /// Handles in it.
    var count = 0
    /// When libcurl wants to be called, if it has said so.
    private var deadline: NIODeadline?
    /// It was called, and may have something to tell.
    private(set) var hasEvent = false

    init(_ loop: TransferLoop) {
        guard let multi = unsafe curl_multi_init() else { preconditionFailure("libcurl has no memory") }
        unsafe self.multi = multi
        self.loop = loop
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe lk_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, me)
        unsafe lk_multi_set_pointer(multi, CURLMOPT_TIMERDATA, me)
        unsafe lk_multi_set_socket_callback(multi) { _, socket, what, context, _ in
            guard let context = unsafe context else { return 0 }
            unsafe Unmanaged<ConnectingGroup>.fromOpaque(context).takeUnretainedValue().watch(socket, what)
            return 0
        }
        unsafe lk_multi_set_timer_callback(multi) { _, milliseconds, context in
            guard let context = unsafe context else { return 0 }
            let group = unsafe Unmanaged<ConnectingGroup>.fromOpaque(context).takeUnretainedValue()
            group.deadline = milliseconds < 0 ? nil : group.loop.now + .milliseconds(Int64(milliseconds))
            return 0
        }
    }

    deinit { unsafe curl_multi_cleanup(multi) }

    private func watch(_ socket: Int32, _ what: Int32) {
        // A connection that stands is the loop's: libcurl forgets its socket when it is let go of.
        if case .connection = loop.sockets.owner(of: socket) { return }
        let events: UInt32 =
            switch what {
            case CURL_POLL_IN: EPOLLIN.rawValue
            case CURL_POLL_OUT: EPOLLOUT.rawValue
            case CURL_POLL_INOUT: EPOLLIN.rawValue | EPOLLOUT.rawValue
            default: 0
            }
        loop.sockets.give(socket, to: .connecting(self))
        loop.sockets.watch(socket, for: events)
    }

    func isDue(at now: NIODeadline) -> Bool { deadline.map { $0 <= now } ?? false }

    /// An event came for a socket of libcurl's.
    func act(_ socket: Int32, _ events: UInt32) {
        var mask: Int32 = 0
        if events & EPOLLIN.rawValue != 0 { mask |= CURL_CSELECT_IN }
        if events & EPOLLOUT.rawValue != 0 { mask |= CURL_CSELECT_OUT }
        if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { mask |= CURL_CSELECT_ERR }
        var running: Int32 = 0
        loop.connector.willCall()
        unsafe curl_multi_socket_action(multi, socket, mask, &running)
        hasEvent = true
    }

    /// libcurl's "call me at once" comes as a deadline that has passed; it may ask again each time.
    func run(at now: NIODeadline) {
        var running: Int32 = 0
        var rounds = 0
        while isDue(at: now), rounds < 16 {
            deadline = nil
            unsafe curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running)
            rounds += 1
        }
        hasEvent = false
        reap()
    }

    private func reap() {
        var left: Int32 = 0
        while let message = unsafe curl_multi_info_read(multi, &left) {
            guard unsafe message.pointee.msg == CURLMSG_DONE else { continue }
            let code = unsafe message.pointee.data.result
            var context: UnsafeMutableRawPointer?
            unsafe lk_easy_get_pointer(message.pointee.easy_handle, CURLINFO_PRIVATE, &context)
            guard let context = unsafe context else { continue }
            loop.didConnect(unsafe Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue(), code)
        }
    }
}
