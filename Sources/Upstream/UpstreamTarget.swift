package import Domain

/// Where requests of one project go, and with which key. Connections belong to a target: no other project, no
/// other key and no other origin ever uses one of them.
package final class UpstreamTarget: Sendable {
    package let origin: UpstreamOrigin
    /// Stands in front of what is behind `/v1` in a client's target.
    package let basePath: String
    /// OpenAI's own servers, directly.
    package let isOpenAI: Bool
    let credential: CredentialLines?
    /// `Host: …`, with its CRLF.
    let hostLine: [UInt8]

    package init(_ origin: UpstreamOrigin, basePath: String, credential: CredentialLines?) {
        self.origin = origin
        self.basePath = basePath
        self.credential = credential
        isOpenAI = origin.host == "openai.com" || origin.host.hasSuffix(".openai.com")
        hostLine = Array("Host: \(origin.authority)\r\n".utf8)
    }
}

/// The last header lines of a request, which carry an upstream key, and the empty line behind them
/// (`Authorization: Bearer …` CRLF CRLF), in memory that `owner` keeps. Without TLS the kernel reads them
/// from there.
@safe
package struct CredentialLines: Sendable {
    /// Safe to share: nobody writes to it.
    nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
    private let owner: any AnyObject & Sendable
    let length: Int

    /// `bytes` stay valid and unchanged for as long as `owner` lives.
    package init(bytes: UnsafeRawBufferPointer, owner: any AnyObject & Sendable) {
        unsafe self.bytes = bytes
        length = bytes.count
        self.owner = owner
    }
}
