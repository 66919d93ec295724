package import NIOCore

/// What every transfer of a process has in common; made from the settings once.
package struct TransferOptions: Sendable {
    package var connectTimeout: TimeAmount
    /// From the end of the request to the first byte of the answer.
    package var firstByteTimeout: TimeAmount
    /// Between two reads of the answer, or two writes of the request.
    package var idleTimeout: TimeAmount
    /// PEM file of trusted authorities; nil takes the system's.
    package var authorityFile: String?
    /// PEM file of the certificate that upstreams are shown, and of its key; nil shows none.
    package var clientCertificateFile: String?
    /// What connections to upstreams are made through; nil connects to them.
    package var proxy: EgressProxy?
    /// Lifts ``AddressRule``: upstreams may have link-local and cloud metadata addresses.
    package var allowsLinkLocal: Bool

    package init(
        connectTimeout: TimeAmount = .seconds(5), firstByteTimeout: TimeAmount = .seconds(600),
        idleTimeout: TimeAmount = .seconds(300), authorityFile: String? = nil,
        clientCertificateFile: String? = nil, proxy: EgressProxy? = nil, allowsLinkLocal: Bool = false
    ) {
        self.connectTimeout = connectTimeout
        self.firstByteTimeout = firstByteTimeout
        self.idleTimeout = idleTimeout
        self.authorityFile = authorityFile
        self.clientCertificateFile = clientCertificateFile
        self.proxy = proxy
        self.allowsLinkLocal = allowsLinkLocal
    }
}
