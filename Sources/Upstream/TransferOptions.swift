package import NIOCore

/// What every transfer of a process has in common; made from the settings once.
package struct TransferOptions: Sendable {
    package enum HTTPVersion: Sendable { case http1, http2 }

    package var connectTimeout: TimeAmount
    /// From the end of the request to the first byte of the answer.
    package var firstByteTimeout: TimeAmount
    /// Between two reads of the answer, or two writes of the request.
    package var idleTimeout: TimeAmount
    /// Bytes of one answer that are held, at most, before its sink takes them; libcurl's own read may add
    /// ``TransferLoop/readSize``.
    package var receiveWindow: Int
    package var httpVersion: HTTPVersion
    /// PEM file of trusted authorities; nil takes the system's.
    package var authorityFile: String?
    /// Lifts ``AddressRule``: upstreams may have link-local and cloud metadata addresses.
    package var allowsLinkLocal: Bool

    package init(
        connectTimeout: TimeAmount = .seconds(5), firstByteTimeout: TimeAmount = .seconds(600),
        idleTimeout: TimeAmount = .seconds(300), receiveWindow: Int = 64 * 1024,
        httpVersion: HTTPVersion = .http1,
        authorityFile: String? = nil, allowsLinkLocal: Bool = false
    ) {
        self.connectTimeout = connectTimeout
        self.firstByteTimeout = firstByteTimeout
        self.idleTimeout = idleTimeout
        self.receiveWindow = receiveWindow
        self.httpVersion = httpVersion
        self.authorityFile = authorityFile
        self.allowsLinkLocal = allowsLinkLocal
    }
}
