import Domain

/// Slows down whoever guesses management keys: told of failed and successful logins, it says how long an
/// address has to wait. It has no clock: moments are milliseconds of one that never goes back.
///
/// ```
/// failed logins of an address   1 … 4   5   6   7   8   9   10   11 and more
/// seconds to wait                 0     1   2   4   8  16   32   60
/// ```
///
/// While it waits, keys are still looked at, a few in each second: ``looksPerSecond`` of those that were
/// right before, and one other. So a guesser at the operators' address locks out no operator, and is slowed
/// down all the same.
///
/// An address is forgotten by a success after its wait, and ``memory`` after its last failure. IPv6 addresses
/// count by their /64, which is what one customer gets. At most ``capacity`` are kept: the one that failed
/// longest ago gives way.
struct LoginBackoff {
    /// Failures from which on there is a wait.
    static let threshold = 5
    static let longest: Int64 = 60_000
    /// Far longer than the longest wait, so that waiting it out does not start from nothing.
    static let memory: Int64 = 600_000
    /// 64 bytes each, less than 1 MiB together.
    static let capacity = 4096
    /// Of keys that were right before, from one address that has to wait: enough for a person's pages and
    /// commands.
    static let looksPerSecond = 20

    private struct Entry {
        var failures: Int
        var lastFailure: Int64
        var looks = Looks()
    }

    /// The keys that were looked at during one second of a wait.
    private struct Looks {
        var start: Int64 = .min
        var known = 0
        var unknown = 0
    }

    private var entries: [IPAddress: Entry] = [:]

    var count: Int { entries.count }

    /// Milliseconds until the address may try again; 0 where it may now.
    func wait(of address: IPAddress, at now: Int64) -> Int64 {
        guard let entry = entries[address.login] else { return 0 }
        return max(0, entry.lastFailure + Self.pause(after: entry.failures) - now)
    }

    /// Takes one of the looks that an address has while it waits; false where they are used up. `isKnown`:
    /// the key was right before.
    mutating func takeLook(of address: IPAddress, isKnown: Bool, at now: Int64) -> Bool {
        guard var entry = entries[address.login] else { return true }
        if entry.looks.start == .min || now - entry.looks.start >= 1000 { entry.looks = Looks(start: now) }
        guard isKnown ? entry.looks.known < Self.looksPerSecond : entry.looks.unknown < 1 else {
            return false
        }
        if isKnown { entry.looks.known += 1 } else { entry.looks.unknown += 1 }
        entries[address.login] = entry
        return true
    }

    mutating func recordFailure(of address: IPAddress, at now: Int64) {
        let address = address.login
        var failures = 0
        let looks = entries[address]?.looks ?? Looks()
        if let entry = entries[address], now - entry.lastFailure < Self.memory { failures = entry.failures }
        if entries[address] == nil, entries.count >= Self.capacity { makeRoom(at: now) }
        entries[address] = Entry(failures: failures + 1, lastFailure: now, looks: looks)
    }

    mutating func recordSuccess(of address: IPAddress) { entries[address.login] = nil }

    private mutating func makeRoom(at now: Int64) {
        entries = entries.filter { now - $0.value.lastFailure < Self.memory }
        guard entries.count >= Self.capacity,
            let oldest = entries.min(by: { $0.value.lastFailure < $1.value.lastFailure })
        else { return }
        entries[oldest.key] = nil
    }

    private static func pause(after failures: Int) -> Int64 {
        guard failures >= threshold else { return 0 }
        // Beyond six doublings it is the longest in any case.
        return min(longest, 1000 << Int64(min(failures - threshold, 6)))
    }
}

extension IPAddress {
    /// Those that count as one.
    fileprivate var login: IPAddress { isVersion4 ? self : IPAddress(bits: (bits >> 64) << 64) }
}
