import Domain

/// Which of the connections to one origin the next request takes: the one that was in use last.
///
/// Left alone, libcurl 7.88 looks for an idle connection among all to the origin, from the oldest on, those in use
/// too; beside a thousand streams each request looks at a thousand. So every request names a slot, which is a part of
/// the name under which libcurl keeps the connection (CURLOPT_ADDRESS_SCOPE), and a slot has one request at a time.
final class ConnectionSlots {
    final class Slot {
        /// From 1 on.
        let number: Int
        fileprivate unowned let slots: ConnectionSlots
        /// Its connection stood when a request was last sent on it, and has not closed since.
        var isOpen = false

        fileprivate init(number: Int, of slots: ConnectionSlots) {
            self.number = number
            self.slots = slots
        }
    }

    /// Had a connection when they were put back, the latest last.
    private var idle: [Slot] = []
    private var empty: [Slot] = []
    private var made = 0

    func take() -> Slot {
        while let slot = idle.popLast() {
            if slot.isOpen { return slot }
            // Its connection has closed since.
            empty.append(slot)
        }
        if let slot = empty.popLast() { return slot }
        made += 1
        return Slot(number: made, of: self)
    }

    /// Once libcurl has let go of its connection, or closed it.
    func put(_ slot: Slot) {
        if slot.isOpen { idle.append(slot) } else { empty.append(slot) }
    }
}

/// The slots of every origin, kept for as long as the table is, and which slot a socket's connection is in.
struct SlotTable {
    private var slots: [UpstreamOrigin: ConnectionSlots] = [:]
    /// Those of the request before, for most are to one origin.
    private var last: (origin: UpstreamOrigin, slots: ConnectionSlots)?
    /// (libcurl closes a socket that never got connected without telling: its number stays until it comes back.)
    private var slotOfSocket: [Int32: ConnectionSlots.Slot] = [:]

    /// The slot of the next request to `origin`.
    mutating func take(for origin: UpstreamOrigin) -> ConnectionSlots.Slot {
        if let last, last.origin == origin { return last.slots.take() }
        let found = slots[origin] ?? ConnectionSlots()
        slots[origin] = found
        last = (origin, found)
        return found.take()
    }

    /// Once libcurl has let go of its connection, or closed it.
    func put(_ slot: ConnectionSlots.Slot) { slot.slots.put(slot) }

    /// A socket was opened for the connection of `slot`.
    mutating func open(_ socket: Int32, for slot: ConnectionSlots.Slot?) { slotOfSocket[socket] = slot }

    /// Before its number can come back.
    mutating func close(_ socket: Int32) { slotOfSocket.removeValue(forKey: socket)?.isOpen = false }
}
