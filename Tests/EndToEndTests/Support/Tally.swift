import Synchronization

/// A number that a script tells a test.
final class Tally: Sendable {
    private let number = Atomic(0)
    var value: Int {
        get { number.load(ordering: .acquiring) }
        set { number.store(newValue, ordering: .releasing) }
    }
    func add(_ count: Int = 1) { number.add(count, ordering: .acquiringAndReleasing) }
}
