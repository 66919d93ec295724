/// Which of the connections to one origin the next request takes: the one that was in use last.
///
/// Left alone, libcurl 7.88 looks for an idle connection among all to the origin, from the oldest on, those in use
/// too; beside a thousand streams each request looks at a thousand. So every request names a slot, which is a part of
/// the name under which libcurl keeps the connection (CURLOPT_ADDRESS_SCOPE), and a slot has one request at a time.
final class ConnectionSlots {
    final class Slot {
        /// From 1 on.
        let number: Int
        unowned let home: ConnectionSlots
        /// Its connection stood when a request was last sent on it, and has not closed since.
        var isOpen = false

        fileprivate init(number: Int, of home: ConnectionSlots) {
            self.number = number
            self.home = home
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
