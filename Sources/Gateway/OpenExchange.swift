import Domain
import NIOCore
import NIOHTTP1
import Telemetry
import Upstream

/// An exchange under way: its machine, and what the machine does not need to know.
final class OpenExchange {
    /// What there is from admission on.
    struct Admitted {
        let permit: Permit
        let endpoint: Endpoint
        let facts: RequestFacts
    }

    let head: HTTPRequestHead
    let startedAt = NIODeadline.now()
    let keepsAlive: Bool
    var machine = Exchange(body: .streamed, limit: 0)
    var record: ExchangeRecord
    var admitted: Admitted?
    var transfer: (any Transfer)?
    /// The body, where it is held.
    var held = ByteBuffer()
    /// Bytes taken from the budget that all loops share.
    var reserved = 0
    var isSettled = false

    init(_ head: HTTPRequestHead, _ record: ExchangeRecord) {
        self.head = head
        self.record = record
        keepsAlive = head.isKeepAlive && head.version == .http1_1
    }
}
