import Domain
import Synchronization

/// What all event loops share: how much is taken of what there is for all connections together, and whether
/// anything new is taken at all.
package final class Capacity: Sendable {
    package let limits: GatewayLimits
    private let held = Atomic<Int>(0)
    private let connections = Atomic<Int>(0)
    private let operatorConnections = Atomic<Int>(0)
    /// How many connections each address has; IPv6 addresses count by their first 64 bits.
    private let addresses = Mutex<[IPAddress: Int]>([:])
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

    /// Among the places that are kept for operators.
    func openOperatorConnection() -> Bool {
        Self.take(1, of: operatorConnections, limit: limits.operatorConnections)
    }
    func closeOperatorConnection() { operatorConnections.subtract(1, ordering: .relaxed) }

    func openConnection(from address: IPAddress) -> Bool {
        addresses.withLock { addresses in
            let count = addresses[address.site, default: 0]
            guard count < limits.connectionsPerAddress else { return false }
            addresses[address.site] = count + 1
            return true
        }
    }
    func closeConnection(from address: IPAddress) {
        addresses.withLock { addresses in
            let count = addresses[address.site, default: 0]
            addresses[address.site] = count > 1 ? count - 1 : nil
        }
    }

    func beginExchange() -> Bool { Self.take(1, of: exchanges, limit: limits.exchanges) }
    func endExchange() { exchanges.subtract(1, ordering: .relaxed) }

    private static func take(_ count: Int, of counter: borrowing Atomic<Int>, limit: Int) -> Bool {
        if counter.add(count, ordering: .relaxed).newValue <= limit { return true }
        counter.subtract(count, ordering: .relaxed)
        return false
    }
}

extension IPAddress {
    /// What one customer of a network has: an address of version 4, the first 64 bits of one of version 6.
    fileprivate var site: IPAddress { isVersion4 ? self : IPAddress(bits: (bits >> 64) << 64) }
}
