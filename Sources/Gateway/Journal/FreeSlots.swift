import Synchronization

/// The numbers of the slots that are free: a stack that any thread takes from and gives to without a lock
/// (R. K. Treiber, *Systems Programming: Coping with Parallelism*, 1986).
///
/// The head is the top's number and a count that rises with each change, so that a head that was read before
/// is never taken for the same again.
struct FreeSlots: ~Copyable, Sendable {
    private static let none = UInt32.max

    /// The number below each, while it is in the stack. Touched by atomic operations alone, and allocated
    /// because an array cannot hold atomics.
    nonisolated(unsafe) private let below: UnsafeMutablePointer<Atomic<UInt32>>
    private let head: Atomic<UInt64>

    init(capacity: Int) {
        below = .allocate(capacity: max(1, capacity))
        for index in 0..<capacity { (below + index).initialize(to: Atomic(Self.none)) }
        head = Atomic(UInt64(Self.none))
    }

    deinit { below.deallocate() }

    func take() -> Int? {
        var seen = head.load(ordering: .acquiring)
        while true {
            let top = UInt32(truncatingIfNeeded: seen)
            guard top != Self.none else { return nil }
            // Another thread may have taken it and given it back since; then the exchange fails.
            let next = below[Int(top)].load(ordering: .relaxed)
            let (exchanged, now) = head.weakCompareExchange(
                expected: seen, desired: Self.head(next, after: seen), ordering: .acquiringAndReleasing)
            if exchanged { return Int(top) }
            seen = now
        }
    }

    func give(_ index: Int) {
        let top = UInt32(truncatingIfNeeded: index)
        var seen = head.load(ordering: .relaxed)
        while true {
            below[index].store(UInt32(truncatingIfNeeded: seen), ordering: .relaxed)
            let (exchanged, now) = head.weakCompareExchange(
                expected: seen, desired: Self.head(top, after: seen), ordering: .acquiringAndReleasing)
            if exchanged { return }
            seen = now
        }
    }

    private static func head(_ top: UInt32, after seen: UInt64) -> UInt64 {
        (seen &>> 32 &+ 1) &<< 32 | UInt64(top)
    }
}
