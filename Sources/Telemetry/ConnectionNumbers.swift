/// How many connections to upstreams there are, and were, of all event loops together.
package struct ConnectionNumbers: Sendable {
    /// Serve a request now.
    package var active: UInt64 = 0
    /// Stand, and serve none.
    package var idle: UInt64 = 0
    /// Requests whose connection is being made.
    package var waiting: UInt64 = 0
    /// Connections made since the start.
    package var made: UInt64 = 0
    /// Requests since the start that took a connection that stood already.
    package var reused: UInt64 = 0

    package init() {}
}
