import CCurl
import Domain
import Glibc
import NIOCore

/// One libcurl easy handle, set up once and used for one transfer after another.
///
/// Only what differs between requests is set again: target, header list, method and body. The header list is
/// built in place over the request's own bytes (libcurl only reads it), so that a request costs no allocation
/// here.
@safe
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    /// The transfer it performs. Callbacks find it through the handle; the loop keeps it for as long.
    private(set) var transfer: Unmanaged<CurlTransfer>?
    /// Where it last went, parsed, and the Host field: libcurl need not make either again for each request.
    private var origin: UpstreamOrigin?
    private let url: OpaquePointer
    private var host: UnsafeMutablePointer<CChar>?
    private let nodes: UnsafeMutablePointer<curl_slist>
    private var isCustomMethod = false
    private var isReuseForbidden = false
    private var showsRawBytes = false

    /// Nil where libcurl has no memory left.
    init?(loop: TransferLoop, options: TransferOptions) {
        guard let pointer = unsafe curl_easy_init() else { return nil }
        guard let url = unsafe curl_url() else {
            unsafe curl_easy_cleanup(pointer)
            return nil
        }
        unsafe self.pointer = pointer
        unsafe self.url = url
        unsafe nodes = .allocate(capacity: Self.maximumNodes)
        configure(options)
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe set(CURLOPT_PRIVATE, me)
        unsafe set(CURLOPT_WRITEDATA, me)
        unsafe set(CURLOPT_HEADERDATA, me)
        unsafe set(CURLOPT_READDATA, me)
        unsafe set(CURLOPT_PREREQDATA, me)
        unsafe set(CURLOPT_DEBUGDATA, me)
        unsafe lk_easy_set_debug_callback(pointer, seeRawBytes)
        unsafe set(CURLOPT_CLOSESOCKETDATA, Unmanaged.passUnretained(loop).toOpaque())
        unsafe lk_easy_set_data_callback(pointer, CURLOPT_WRITEFUNCTION, receiveBody)
        unsafe lk_easy_set_data_callback(pointer, CURLOPT_HEADERFUNCTION, receiveHeaderLine)
        unsafe lk_easy_set_data_callback(pointer, CURLOPT_READFUNCTION, sendBody)
        unsafe lk_easy_set_prereq_callback(pointer, askBeforeDispatch)
        unsafe lk_easy_set_close_callback(pointer, closeSocket)
        unsafe set(CURLOPT_OPENSOCKETDATA, me)
        unsafe lk_easy_set_opensocket_callback(pointer, openSocket)
    }

    deinit {
        unsafe curl_easy_cleanup(pointer)
        unsafe curl_url_cleanup(url)
        unsafe free(host)
        unsafe nodes.deallocate()
    }

    private func configure(_ options: TransferOptions) {
        set(CURLOPT_NOSIGNAL, 1)
        // Without it libcurl waits for a look-up that it gives up, and the whole event loop with it.
        set(CURLOPT_QUICK_EXIT, 1)
        set(CURLOPT_BUFFERSIZE, TransferLoop.readSize)
        set(CURLOPT_PATH_AS_IS, 1)
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_HTTP09_ALLOWED, 0)
        unsafe set(CURLOPT_PROTOCOLS_STR, "http,https")
        unsafe set(CURLOPT_PROXY, "")
        // Otherwise libcurl asks the environment for it, once a request.
        unsafe set(CURLOPT_NOPROXY, "")
        set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        if let file = options.authorityFile { unsafe set(CURLOPT_CAINFO, file) }
        set(CURLOPT_CONNECTTIMEOUT_MS, Int(options.connectTimeout.nanoseconds / 1_000_000))
        set(CURLOPT_MAXAGE_CONN, TransferLoop.maximumIdleSeconds)
        set(CURLOPT_TCP_NODELAY, 1)
        switch options.httpVersion {
        case .http1: set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        case .http2:
            set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS)
            set(CURLOPT_PIPEWAIT, 1)
        }
    }

    /// Points the handle at `transfer`'s request. The pointers given to libcurl stay valid for as
    /// long as it reads them, until the answer has begun or ``release()``: the transfer keeps the buffers.
    func prepare(_ transfer: CurlTransfer) {
        unsafe self.transfer = .passUnretained(transfer)
        if let slot = transfer.slot { set(CURLOPT_ADDRESS_SCOPE, slot.number) }
        point(at: transfer.request)
    }

    private func point(at request: borrowing UpstreamRequest) {
        if origin != request.origin {
            origin = request.origin
            let text = request.origin.description + "/"
            let code = unsafe curl_url_set(url, CURLUPART_URL, text, 0)
            precondition(code == CURLUE_OK, "libcurl refused an origin: \(code.rawValue)")
            // The parsed one is what counts; the text replaces what libcurl remembers of the last origin.
            unsafe set(CURLOPT_URL, text)
            unsafe set(CURLOPT_CURLU, UnsafeRawPointer(url))
            unsafe free(host)
            unsafe host = strdup("Host: " + request.origin.authority)
        }
        if isReuseForbidden {
            isReuseForbidden = false
            set(CURLOPT_FORBID_REUSE, 0)
        }
        if showsRawBytes {
            showsRawBytes = false
            set(CURLOPT_VERBOSE, 0)
        }
        setHeaders(request)
        switch request.body {
        case .none where request.method == .post:
            unsafe setPost("", length: 0)
        // Lasts until HTTPGET or POST is set.
        case .none where request.method == .head:
            set(CURLOPT_NOBODY, 1)
        case .none:
            set(CURLOPT_HTTPGET, 1)
        case .held(let bytes):
            unsafe bytes.withUnsafeReadableBytes {
                unsafe setPost($0.baseAddress ?? UnsafeRawPointer(bitPattern: 1), length: $0.count)
            }
        case .streamed(let length):
            unsafe setPost(nil, length: length ?? -1)
        }
        setMethod(request)
    }

    private func setPost(_ bytes: UnsafeRawPointer?, length: Int) {
        set(CURLOPT_POST, 1)
        unsafe set(CURLOPT_POSTFIELDS, bytes)
        unsafe lk_easy_set_offset(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(length))
    }

    private func setMethod(_ request: borrowing UpstreamRequest) {
        let name: StaticString? =
            switch request.method {
            case .delete: "DELETE"
            // libcurl knows no GET with a body.
            case .get: request.isPost ? "GET" : nil
            case .head, .post: nil
            }
        guard name != nil || isCustomMethod else { return }
        isCustomMethod = name != nil
        unsafe set(CURLOPT_CUSTOMREQUEST, name.map { unsafe UnsafeRawPointer($0.utf8Start) })
    }

    /// The nodes are chained anew for each request; libcurl only reads them.
    private func setHeaders(_ request: borrowing UpstreamRequest) {
        var count = 0
        func append(_ line: UnsafePointer<CChar>) {
            precondition(count < Self.maximumNodes)
            unsafe nodes[count] = unsafe curl_slist(data: UnsafeMutablePointer(mutating: line), next: nil)
            if count > 0 { unsafe nodes[count - 1].next = unsafe nodes + count }
            count += 1
        }
        // libcurl's own additions, each switched off: the request is the client's, and Host the origin's.
        if let host = unsafe host {
            unsafe append(Self.noHost)
            unsafe append(host)
        }
        if !request.head.hasAccept { unsafe append(Self.noAccept) }
        if request.isPost, !request.head.hasContentType { unsafe append(Self.noContentType) }
        if request.asksLeave { unsafe append(Self.noExpect) }
        unsafe request.head.bytes.withUnsafeReadableBytes { bytes in
            guard let target = bytes.baseAddress else { return }
            unsafe set(CURLOPT_REQUEST_TARGET, target)
            for block in 0..<request.head.blockCount {
                unsafe append((target + request.head.blocks[block]).assumingMemoryBound(to: CChar.self))
            }
        }
        if let credential = request.credential { unsafe append(credential.text) }
        unsafe set(CURLOPT_HTTPHEADER, nodes)
    }

    /// Host switched off and ours, Accept and Content-Type, each in a block or switched off, the block in front
    /// of both, Expect, the credential.
    private static let maximumNodes = 7

    private static func line(_ text: StaticString) -> UnsafePointer<CChar> {
        unsafe UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
    }
    private static var noHost: UnsafePointer<CChar> { unsafe line("Host:") }
    private static var noExpect: UnsafePointer<CChar> { unsafe line("Expect:") }
    private static var noAccept: UnsafePointer<CChar> { unsafe line("Accept:") }
    private static var noContentType: UnsafePointer<CChar> { unsafe line("Content-Type:") }

    /// The connection closes with this transfer.
    func forbidReuse() {
        isReuseForbidden = true
        set(CURLOPT_FORBID_REUSE, 1)
    }

    /// ``CurlTransfer/chunks`` gets the answer's body as it comes, from here on. libcurl shows it to its debug
    /// callback alone.
    func showRawBytes() {
        showsRawBytes = true
        set(CURLOPT_VERBOSE, 1)
    }

    /// Forgets the transfer; the handle can be used for another.
    func release() {
        unsafe transfer = nil
    }

    private func set(_ option: CURLoption, _ value: Int) {
        let code = unsafe lk_easy_set_long(pointer, option, value)
        precondition(code == CURLE_OK, "libcurl refused option \(option.rawValue): \(code.rawValue)")
    }

    private func set(_ option: CURLoption, _ value: UnsafeRawPointer?) {
        let code = unsafe lk_easy_set_pointer(pointer, option, value)
        precondition(code == CURLE_OK, "libcurl refused option \(option.rawValue): \(code.rawValue)")
    }
}

// MARK: libcurl's callbacks

/// Lends `body` the transfer whose handle this is: it outlives the call, for libcurl's callbacks end none.
private func withTransfer<Answer>(
    _ context: UnsafeMutableRawPointer?, otherwise absent: Answer, _ body: (CurlTransfer) -> Answer
) -> Answer {
    guard let context = unsafe context else { return absent }
    return unsafe Unmanaged<EasyHandle>.fromOpaque(context)._withUnsafeGuaranteedRef { handle in
        unsafe handle.transfer?._withUnsafeGuaranteedRef(body) ?? absent
    }
}

/// CURLOPT_WRITEFUNCTION: takes all of it, or pauses and takes none.
private func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    unsafe withTransfer(context, otherwise: 0) { transfer in
        unsafe transfer.takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
            ? size * count : Int(CURL_WRITEFUNC_PAUSE)
    }
}

/// CURLOPT_HEADERFUNCTION: one line, or the blank one at the end. Trailers come here too and are dropped.
private func receiveHeaderLine(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    unsafe withTransfer(context, otherwise: 0) { transfer in
        unsafe transfer.takeHeaderLine(UnsafeRawBufferPointer(start: bytes, count: size * count))
            ? size * count : 0
    }
}

/// CURLOPT_DEBUGFUNCTION: the body before libcurl takes its chunk framing off; the rest is not wanted.
private func seeRawBytes(
    _: UnsafeMutableRawPointer?, _ kind: curl_infotype, _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard kind == CURLINFO_DATA_IN else { return 0 }
    unsafe withTransfer(context, otherwise: ()) { transfer in
        unsafe transfer.chunks?.take(UnsafeRawBufferPointer(start: bytes, count: count))
        if transfer.hasWholeAnswer { transfer.loop.queue(transfer) }
    }
    return 0
}

/// CURLOPT_READFUNCTION: hands over what was uploaded, pauses where there is nothing yet, ends with 0.
private func sendBody(
    _ target: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    unsafe withTransfer(context, otherwise: Int(CURL_READFUNC_ABORT)) { transfer in
        unsafe transfer.giveBody(to: UnsafeMutableRawBufferPointer(start: target, count: size * count))
            ?? Int(CURL_READFUNC_PAUSE)
    }
}

/// CURLOPT_PREREQFUNCTION: the connection stands, nothing of the request was sent on it.
private func askBeforeDispatch(
    _ context: UnsafeMutableRawPointer?, _: UnsafeMutablePointer<CChar>?, _: UnsafeMutablePointer<CChar>?,
    _: Int32, _: Int32
) -> Int32 {
    unsafe withTransfer(context, otherwise: false) { $0.mayDispatch() }
        ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

/// CURLOPT_OPENSOCKETFUNCTION: a socket for a connection to this very address, or none, after which libcurl
/// tries the host's next address.
private func openSocket(
    _ context: UnsafeMutableRawPointer?, _: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let address = unsafe address else { return CURL_SOCKET_BAD }
    return unsafe withTransfer(context, otherwise: CURL_SOCKET_BAD) { transfer in
        // All that was left to learn is that there is an address.
        guard !transfer.isAbandoned else { return CURL_SOCKET_BAD }
        if !transfer.loop.options.allowsLinkLocal {
            var octets = [UInt8](repeating: 0, count: 16)
            octets.removeLast(16 - Int(unsafe lk_address_octets(address, &octets)))
            guard !AddressRule.forbids(octets) else {
                transfer.didMeetForbiddenAddress = true
                return CURL_SOCKET_BAD
            }
        }
        let socket = unsafe lk_socket(address)
        if socket >= 0 {
            transfer.loop.didOpen(socket, for: transfer)
        } else if errno == EMFILE || errno == ENFILE {
            transfer.didLackDescriptor = true
        }
        return socket
    }
}

/// CURLOPT_CLOSESOCKETFUNCTION: the loop forgets the descriptor before its number can come back.
private func closeSocket(_ context: UnsafeMutableRawPointer?, _ socket: curl_socket_t) -> Int32 {
    if let context = unsafe context {
        unsafe Unmanaged<TransferLoop>.fromOpaque(context).takeUnretainedValue().willClose(socket)
    }
    return close(socket)
}

extension EasyHandle {
    /// Of the answer's body, where it is told.
    var contentLength: Int? {
        var length: curl_off_t = -1
        unsafe lk_easy_get_offset(pointer, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length)
        return length < 0 ? nil : Int(length)
    }

    /// Of the request's body.
    var uploadedBytes: Int {
        var bytes: curl_off_t = 0
        unsafe lk_easy_get_offset(pointer, CURLINFO_SIZE_UPLOAD_T, &bytes)
        return Int(bytes)
    }

    /// The status of the last head that libcurl has parsed.
    var responseCode: Int {
        var code = 0
        unsafe lk_easy_get_long(pointer, CURLINFO_RESPONSE_CODE, &code)
        return code
    }
}
