import Synchronization

/// Counts a loop's connections: its event loop writes, and any thread may read.
package final class ConnectionTally: Sendable {
    package struct Number: Sendable, ~Copyable {
        private let atomic = Atomic(0)

        package var value: Int { atomic.load(ordering: .relaxed) }
        func add(_ difference: Int = 1) { atomic.add(difference, ordering: .relaxed) }
    }

    /// Stand now, those that serve a request and those that do not.
    package let open = Number()
    /// Of those: that serve none.
    package let idle = Number()
    /// Requests whose connection is being made.
    package let waiting = Number()
    /// Connections made since the start.
    package let made = Number()
    /// Requests since the start that took a connection that stood already.
    package let reused = Number()

    package init() {}
}
