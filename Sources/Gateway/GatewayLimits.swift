package import NIOCore

/// The bounds of the data path, from the settings.
package struct GatewayLimits: Sendable {
    /// Bytes of a JSON body, which is held whole; of a body that is streamed through; and of all held bodies
    /// together.
    package var jsonBody = 96 * 1024 * 1024
    package var upload = 512 * 1024 * 1024
    package var heldBodies = 512 * 1024 * 1024
    /// Of ``heldBodies``, what those of one access token may take: half, and one body at least.
    var heldBodiesPerToken: Int { max(jsonBody, heldBodies / 2) }
    /// Of each body, the bytes that are not counted in its access token's share: all event loops would write
    /// to that counter for every request, and ``exchangesPerToken`` bounds them too.
    static let unsharedBody = 32 * 1024
    /// Bytes of one stream, each way, that the other side has not taken.
    package var streamBuffer = 64 * 1024
    package var head = HeadLimits()

    /// Open connections of clients, and exchanges under way, in all; and how many of them one address and one
    /// access token may have.
    package var connections = 10_000
    package var connectionsPerAddress = 2_500
    package var exchanges = 4_000
    package var exchangesPerToken = 2_000
    /// Connections beside those of clients: all of the operators' own listener, and on a shared one what
    /// takes anything but the API.
    package var operatorConnections = 256
    /// Operators have a listener of their own, whose connections those are.
    package var hasOperatorListener = false

    /// From a head's first byte to its last; between two pieces of a body; between two requests; and while a
    /// client takes nothing of what waits for it.
    package var headTimeout = TimeAmount.seconds(10)
    package var bodyTimeout = TimeAmount.seconds(30)
    /// Bytes of a body in a second that must come on average, once ``bodyTimeout`` was spent waiting for it.
    package var bodyRate = 1024
    package var keepAliveTimeout = TimeAmount.seconds(75)
    package var writeTimeout = TimeAmount.seconds(60)

    /// How long a connection has waited for a request before it gives its place to one that has just come.
    static let idleTime = TimeAmount.seconds(1)
    /// Bytes discarded after an early answer before the connection is closed instead.
    static let discardedBytes = 256 * 1024
    /// How long, and for how many bytes, the usage of a stream is waited for whose client left once its
    /// output had ended.
    static let usageWait = TimeAmount.seconds(2)
    static let usageBytes = 64 * 1024
    /// How long a client whose request was cut short may take to read the answer and stop sending.
    static let lingering = TimeAmount.seconds(2)

    package init() {}
}

/// How large the head of a request may be.
package struct HeadLimits: Sendable {
    /// Bytes of the target, of one field line, and of the whole head (below 64 KiB); and how many fields.
    package var target = 8 * 1024
    package var field = 16 * 1024
    package var total = 32 * 1024
    package var fieldCount = 100

    package init() {}
}
