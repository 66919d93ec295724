import Synchronization

/// Whether what was admitted may still be dispatched: closed for good when its access token is revoked or its
/// project leaves the active state.
///
/// Shared by every permit that was given under it, and read by the transfer right before it sends.
package final class AccessGate: Sendable {
    private let closed = Atomic<Bool>(false)

    package init(isOpen: Bool) { closed.store(!isOpen, ordering: .relaxed) }

    package var isOpen: Bool { !closed.load(ordering: .acquiring) }

    package func close() { closed.store(true, ordering: .releasing) }
}
