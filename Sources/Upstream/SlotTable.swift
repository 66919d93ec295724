import Domain

/// The slots of every origin, for as long as the table lives, and which slot a socket's connection is in.
struct SlotTable {
    private var homes: [UpstreamOrigin: ConnectionSlots] = [:]
    /// Of the request before, for most are to one origin.
    private var last: (origin: UpstreamOrigin, home: ConnectionSlots)?
    /// Whose connection a socket is for. (libcurl closes one that never got connected without telling: its
    /// number stays until it comes back.)
    private var slotOfSocket: [Int32: ConnectionSlots.Slot] = [:]

    /// The slot of the next request to `origin`.
    mutating func take(for origin: UpstreamOrigin) -> ConnectionSlots.Slot {
        if let last, last.origin == origin { return last.home.take() }
        let home = homes[origin] ?? ConnectionSlots()
        homes[origin] = home
        last = (origin, home)
        return home.take()
    }

    /// Once libcurl has let go of its connection, or closed it.
    func put(_ slot: ConnectionSlots.Slot) { slot.home.put(slot) }

    /// A socket was opened for the connection of `slot`, or for one that has none.
    mutating func open(_ socket: Int32, for slot: ConnectionSlots.Slot?) { slotOfSocket[socket] = slot }

    /// Before its number can come back.
    mutating func close(_ socket: Int32) { slotOfSocket.removeValue(forKey: socket)?.isOpen = false }
}
