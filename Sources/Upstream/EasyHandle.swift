import CCurl
import Domain
import Glibc
import NIOCore

/// One libcurl easy handle that makes one connection (CURLOPT_CONNECT_ONLY): it resolves, connects, checks
/// who answers, and encrypts. It lives as long as the connection where that is encrypted, and as long as the
/// attempt otherwise.
@safe
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    private let loop: TransferLoop
    /// Who waits for the connection; nil once it stands, or is given up.
    var transfer: RemoteTransfer?
    private var group: ConnectingGroup?
    /// The address of the host is known: a socket was opened.
    private(set) var hasAddress = false
    let host: String
    /// How often libcurl had been called when this was added: it begins with the next call.
    private var addedIn = 0
    /// One of the host's addresses was refused by ``AddressRule``: the reason, if none could be connected to.
    private var didMeetForbiddenAddress = false
    /// There was no descriptor left for a connection to one of the host's addresses.
    private var didLackDescriptor = false
    /// The socket that stays open when libcurl closes it.
    private var keptSocket = CURL_SOCKET_BAD

    /// Nil where libcurl has no memory left.
    init?(for transfer: RemoteTransfer, of loop: TransferLoop) {
        guard let pointer = unsafe curl_easy_init() else { return nil }
        unsafe self.pointer = pointer
        self.loop = loop
        self.transfer = transfer
        host = loop.host(lookedUpFor: transfer.target)
        configure(loop.options, transfer.target.origin)
    }

    deinit { unsafe curl_easy_cleanup(pointer) }

    private func configure(_ options: TransferOptions, _ origin: UpstreamOrigin) {
        set(CURLOPT_CONNECT_ONLY, 1)
        set(CURLOPT_FRESH_CONNECT, 1)
        set(CURLOPT_NOSIGNAL, 1)
        // Without it libcurl waits for a look-up that it gives up, and the whole event loop with it.
        set(CURLOPT_QUICK_EXIT, 1)
        // What it decrypts at once.
        set(CURLOPT_BUFFERSIZE, TransferLoop.readSize)
        unsafe set(CURLOPT_PROTOCOLS_STR, "http,https")
        unsafe set(CURLOPT_URL, origin.description)
        set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        configureProxy(options.proxy)
        set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        // Each connection would else read all of the system's certificates, and keep them; and a file that is
        // named would be one more place to trust. The files are read again after a while, for they may be
        // renewed.
        unsafe set(CURLOPT_CAPATH, nil)
        unsafe set(CURLOPT_PROXY_CAPATH, nil)
        set(CURLOPT_CA_CACHE_TIMEOUT, 300)
        if let file = options.authorityFile {
            unsafe set(CURLOPT_CAINFO, file)
            unsafe set(CURLOPT_PROXY_CAINFO, file)
        }
        if let file = options.clientCertificateFile {
            unsafe set(CURLOPT_SSLCERT, file)
            unsafe set(CURLOPT_SSLKEY, file)
            // Otherwise OpenSSL asks the terminal for the passphrase of a key that has one, and the event
            // loop waits.
            unsafe set(CURLOPT_KEYPASSWD, "")
        }
        unsafe lk_easy_forbid_renegotiation(pointer)
        set(CURLOPT_CONNECTTIMEOUT_MS, Int(options.connectTimeout.nanoseconds / 1_000_000))
        set(CURLOPT_TCP_NODELAY, 1)
        unsafe set(CURLOPT_SHARE, loop.connector.share)
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe set(CURLOPT_PRIVATE, me)
        unsafe set(CURLOPT_OPENSOCKETDATA, me)
        unsafe lk_easy_set_opensocket_callback(pointer, openSocket)
        unsafe set(CURLOPT_CLOSESOCKETDATA, me)
        unsafe lk_easy_set_close_callback(pointer, closeSocket)
    }

    private func configureProxy(_ proxy: EgressProxy?) {
        // Otherwise libcurl asks the environment for both.
        unsafe set(CURLOPT_NOPROXY, "")
        guard let proxy else { return unsafe set(CURLOPT_PROXY, "") }
        unsafe proxy.withText { unsafe set(CURLOPT_PROXY, $0) }
        set(CURLOPT_HTTPPROXYTUNNEL, 1)
    }

    /// Begins. False where libcurl cannot.
    func start(in group: ConnectingGroup) -> Bool {
        guard unsafe curl_multi_add_handle(group.multi, pointer) == CURLM_OK else { return false }
        self.group = group
        addedIn = loop.connector.rounds
        group.count += 1
        return true
    }

    /// A look-up has begun and has no answer yet.
    var isLookingUp: Bool { !hasAddress && addedIn != loop.connector.rounds }

    /// The connection stands: its socket; nil where libcurl has closed it already, for the other side had.
    func connected() -> Int32? {
        transfer = nil
        var socket = CURL_SOCKET_BAD
        unsafe lk_easy_get_socket(pointer, CURLINFO_ACTIVESOCKET, &socket)
        return socket == CURL_SOCKET_BAD ? nil : socket
    }

    /// Lets go of the connection, which keeps its socket.
    func leave(keeping socket: Int32) {
        keptSocket = socket
        leave()
    }

    /// Gives the attempt up, or closes the connection.
    func leave() {
        guard let group else { return }
        self.group = nil
        transfer = nil
        group.count -= 1
        unsafe curl_multi_remove_handle(group.multi, pointer)
        // The connection is closed by now: a callback comes from here alone.
    }

    private func set(_ option: CURLoption, _ value: Int) {
        let code = unsafe lk_easy_set_long(pointer, option, value)
        precondition(code == CURLE_OK, "libcurl refused option \(option.rawValue): \(code.rawValue)")
    }

    private func set(_ option: CURLoption, _ value: UnsafeRawPointer?) {
        let code = unsafe lk_easy_set_pointer(pointer, option, value)
        precondition(code == CURLE_OK, "libcurl refused option \(option.rawValue): \(code.rawValue)")
    }

    /// CURLOPT_OPENSOCKETFUNCTION: a socket for a connection to this very address, or none, after which
    /// libcurl tries the host's next address.
    fileprivate func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        hasAddress = true
        loop.didFindAddress(of: host)
        // All that was left to learn is that there is an address.
        guard transfer != nil else { return CURL_SOCKET_BAD }
        if !loop.options.allowsLinkLocal {
            var octets = [UInt8](repeating: 0, count: 16)
            octets.removeLast(16 - Int(unsafe lk_address_octets(address, &octets)))
            guard !AddressRule.forbids(octets) else {
                didMeetForbiddenAddress = true
                return CURL_SOCKET_BAD
            }
        }
        let socket = unsafe lk_socket(address)
        if socket >= 0 {
            loop.sockets.open(socket)
        } else if errno == EMFILE || errno == ENFILE {
            didLackDescriptor = true
        }
        return socket
    }

    /// CURLOPT_CLOSESOCKETFUNCTION: the loop forgets the descriptor before its number can come back.
    fileprivate func close(_ socket: curl_socket_t) -> Int32 {
        if socket == keptSocket { return 0 }
        loop.sockets.forget(socket)
        return Glibc.close(socket)
    }

    /// What libcurl's code means for an attempt that failed.
    func failure(for code: CURLcode) -> UpstreamFailure {
        switch code {
        // The resolver, and whoever reads certificates, opens files that we do not see, and says something
        // else where that fails.
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_SSL_CACERT_BADFILE, CURLE_FAILED_INIT, CURLE_OUT_OF_MEMORY:
            DescriptorShortage.isNow ? .outOfDescriptors : UpstreamFailure(connecting: code)
        case CURLE_COULDNT_CONNECT where didLackDescriptor: .outOfDescriptors
        case CURLE_COULDNT_CONNECT where didMeetForbiddenAddress: .addressForbidden
        default: UpstreamFailure(connecting: code)
        }
    }
}

private func openSocket(
    _ context: UnsafeMutableRawPointer?, _: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let context = unsafe context, let address = unsafe address else { return CURL_SOCKET_BAD }
    return unsafe Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue().open(address)
}

private func closeSocket(_ context: UnsafeMutableRawPointer?, _ socket: curl_socket_t) -> Int32 {
    guard let context = unsafe context else { return Glibc.close(socket) }
    return unsafe Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue().close(socket)
}
