package import NIOCore

/// What every transfer of a process has in common; made from the settings once.
package struct TransferOptions: Sendable {
    package var connectTimeout = TimeAmount.seconds(5)
    /// From the end of the request to the end of the response's head.
    package var firstByteTimeout = TimeAmount.seconds(600)
    /// Between two reads of the response, or two writes of the request.
    package var idleTimeout = TimeAmount.seconds(300)
    /// PEM file of trusted authorities; nil takes the system's.
    package var authorityFile: String?
    /// PEM file of the certificate that upstreams are shown, and of its key; nil shows none.
    package var clientCertificateFile: String?
    /// What connections to upstreams are made through; nil connects to them.
    package var proxy: EgressProxy?
    /// Lifts ``AddressRule``: upstreams may have link-local and cloud metadata addresses.
    package var allowsLinkLocal = false

    package init() {}
}
