import NIOCore

/// The connections to one target that serve no request at the moment. The one that was used last goes first.
final class ConnectionPool {
    /// Shorter than what servers and load balancers commonly allow (60 s and more): a request that meets a
    /// closing connection is lost.
    static let idleLimit = TimeAmount.seconds(50)
    /// A connection is not used again beyond this age, so that a name that moves is followed.
    static let ageLimit = TimeAmount.minutes(10)
    /// Of one loop, for all targets together.
    static let sizeLimit = 1024

    let target: UpstreamTarget
    /// The latest last.
    private var idle: [Connection] = []
    /// Connections that serve a request now, or are being made for one.
    var inUse = 0

    init(_ target: UpstreamTarget) { self.target = target }

    var isUnused: Bool { idle.isEmpty && inUse == 0 }
    var idleCount: Int { idle.count }

    /// The next one; the caller closes it where it turns out to be used up.
    func take() -> Connection? { idle.popLast() }

    func put(_ connection: Connection, at now: NIODeadline) {
        connection.idleSince = now
        idle.append(connection)
    }

    /// Its end has come. False where it is not here.
    func remove(_ connection: Connection) -> Bool {
        guard let place = idle.firstIndex(where: { $0 === connection }) else { return false }
        idle.remove(at: place)
        return true
    }

    /// Takes out those that are idle for too long.
    func expired(at now: NIODeadline) -> ArraySlice<Connection> {
        let count = idle.firstIndex { now - $0.idleSince <= Self.idleLimit } ?? idle.count
        guard count > 0 else { return [] }
        let expired = idle[..<count]
        idle.removeFirst(count)
        return expired
    }
}
