import Domain
import Synchronization

/// Whether what was admitted may still be dispatched: closed for good when its access token is revoked or
/// suspended, or its project leaves the active state. What is open again has another gate.
///
/// Shared by every permit that was given under it, and read by the transfer right before it sends.
package final class AccessGate: Sendable {
    /// Why it is closed.
    package enum Closure: UInt8, Sendable {
        case revoked = 1
        case suspended, projectClosed
    }

    /// 0 where it is open.
    private let closed: Atomic<UInt8>

    package init(closure: Closure? = nil) { closed = Atomic(closure?.rawValue ?? 0) }

    package var isOpen: Bool { closed.load(ordering: .acquiring) == 0 }

    /// nil where it is open.
    package var closure: Closure? { Closure(rawValue: closed.load(ordering: .acquiring)) }

    package func close(_ closure: Closure) { closed.store(closure.rawValue, ordering: .releasing) }
}

extension AccessGate.Closure {
    var rejection: Rejection {
        switch self {
        case .revoked: .revokedCredential
        case .suspended: .suspendedCredential
        case .projectClosed: .projectDisabled
        }
    }
}
