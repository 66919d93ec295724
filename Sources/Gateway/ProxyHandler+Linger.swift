import NIOCore
import Upstream

/// An exchange whose client has gone, and whose transfer goes on for the usage that its stream is about to
/// tell: what was used is then charged as it was, and not estimated.
///
/// The handler has no connection any more; the worker keeps it, and looks after it, until it is settled.
extension ProxyHandler {
    /// Neither a closed access nor a server that stops is waited with.
    func mayLinger(_ current: OpenExchange) -> Bool {
        !worker.capacity.isDraining && current.admitted?.permit.isOpen == true
    }

    func linger() {
        guard let current else { return }
        flush()
        current.lingersSince = .now()
        // The client may have been slow: nothing is held back for it now.
        current.attempt?.transfer?.setReceiving(true)
        worker.watch(lingering: self)
        connection?.cut(afterWriting: false, resets: writer.endsWithConnection)
    }

    func meterBody(_ bytes: ByteBuffer) {
        guard let current else { return }
        _ = current.attempt?.take(bytes)
        if current.machine.hasLingeredEnough { perform(current.machine.lingeringEnds()) }
    }

    /// Every now and then: false once it does not linger any more.
    func lingers(at now: NIODeadline) -> Bool {
        guard let current, let since = current.lingersSince, current.machine.isLingering else { return false }
        if now - since < GatewayLimits.usageWait, mayLinger(current) { return true }
        perform(current.machine.lingeringEnds())
        return false
    }
}
