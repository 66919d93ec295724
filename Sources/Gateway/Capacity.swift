import Synchronization

/// What all event loops share: how much is taken of what there is for all connections together, and whether
/// anything new is taken at all.
package final class Capacity: Sendable {
    package let limits: GatewayLimits
    private let held = Atomic<Int>(0)
    private let connections = Atomic<Int>(0)
    private let exchanges = Atomic<Int>(0)
    private let draining = Atomic<Bool>(false)

    package init(_ limits: GatewayLimits) { self.limits = limits }

    /// Exchanges under way.
    package var exchangeCount: Int { exchanges.load(ordering: .relaxed) }

    /// From now on every new request is refused.
    package func drain() { draining.store(true, ordering: .relaxed) }
    var isDraining: Bool { draining.load(ordering: .relaxed) }

    // Each of these is false, and takes nothing, where that would be too much.

    func holdBody(_ bytes: Int) -> Bool { Self.take(bytes, of: held, limit: limits.heldBodies) }
    func releaseBody(_ bytes: Int) { held.subtract(bytes, ordering: .relaxed) }

    func openConnection() -> Bool { Self.take(1, of: connections, limit: limits.connections) }
    func closeConnection() { connections.subtract(1, ordering: .relaxed) }

    func beginExchange() -> Bool { Self.take(1, of: exchanges, limit: limits.exchanges) }
    func endExchange() { exchanges.subtract(1, ordering: .relaxed) }

    private static func take(_ count: Int, of counter: borrowing Atomic<Int>, limit: Int) -> Bool {
        if counter.add(count, ordering: .relaxed).newValue <= limit { return true }
        counter.subtract(count, ordering: .relaxed)
        return false
    }
}
