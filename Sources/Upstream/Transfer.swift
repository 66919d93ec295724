package import Domain
package import HTTP
package import NIOCore

/// The upstream half of an exchange, whoever performs it: libcurl or the dummy provider.
///
/// Confined to one event loop. After ``TransferSink/transferDidEnd(_:)`` or ``cancel()`` every call is
/// without effect.
package protocol Transfer: AnyObject {
    /// True once the request may have left this machine: from then on it counts as used.
    var wasDispatched: Bool { get }
    /// Bytes given to ``upload(_:)`` and not yet taken by the upstream: the sender keeps this bounded.
    var unsentUploadBytes: Int { get }

    func upload(_ bytes: ByteBuffer)
    func finishUpload()
    /// Back-pressure: while false, nothing more arrives but what was read at once already.
    func setReceiving(_ isReceiving: Bool)
    /// Ends it at once, closing its connection; the sink hears nothing more.
    func cancel()
}

/// Who hears of a transfer. Calls come on its event loop, in order, never from within a call to the transfer.
package protocol TransferSink: AnyObject {
    /// Asked once, when the connection stands and right before the first byte is sent; from within the start
    /// of the transfer where one stands already. Must not call the transfer.
    func transferMayDispatch() -> Bool
    func transferDidReceiveHead(_ head: ResponseHead)
    func transferDidReceiveBody(_ bytes: ByteBuffer)
    /// Upload bytes were taken: see ``Transfer/unsentUploadBytes``.
    func transferDidTakeUpload()
    /// The last of what it has to tell: nil after a complete answer.
    func transferDidEnd(_ failure: UpstreamFailure?)
    /// What has arrived was told, where it is for many to all of them: the moment to flush. It may come after
    /// the end, or after a cancel.
    func transferDidDeliver()
}
