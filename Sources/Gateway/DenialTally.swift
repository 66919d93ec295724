package import Domain
import Synchronization

/// Counts who was not let in, until somebody writes it down: in a table of bounded size, whatever is thrown
/// at it, and on the way of those alone who are refused.
///
/// Callers who showed a credential of ours and those who did not have places of their own, so that a flood of
/// the latter does not hide the former. Whoever finds no place is counted with all others of the same reason.
package final class DenialTally: Sendable {
    /// Of each of the two kinds, and with that of rows written in a minute.
    package static let capacity = 64

    private struct Counts {
        var known: [Denial: DenialCount] = [:]
        var unknown: [Denial: DenialCount] = [:]
        var rest: [Denial: DenialCount] = [:]

        mutating func add(_ new: DenialCount) {
            let denial = new.denial
            if new.isRest {
                Self.add(new, to: &rest, limit: Denial.Reason.allCases.count)
            } else if denial.isKnown ? !Self.add(new, to: &known) : !Self.add(new, to: &unknown) {
                var other = DenialCount(Denial(denial.reason, from: nil), isRest: true, at: new.first)
                other.add(new.count - 1, from: new.first, to: new.last)
                Self.add(other, to: &rest, limit: Denial.Reason.allCases.count)
            }
        }

        /// False where there is no place.
        @discardableResult
        private static func add(
            _ new: DenialCount, to counts: inout [Denial: DenialCount], limit: Int = capacity
        ) -> Bool {
            if counts[new.denial] == nil {
                guard counts.count < limit else { return false }
                counts[new.denial] = new
            } else {
                counts[new.denial]?.add(new.count, from: new.first, to: new.last)
            }
            return true
        }
    }

    private let counts = Mutex(Counts())

    package init() {}

    package func count(_ denial: Denial, at moment: Timestamp) {
        counts.withLock { $0.add(DenialCount(denial, isRest: false, at: moment)) }
    }

    /// What was counted since it was last taken, in the order of first sight.
    package func take() -> [DenialCount] {
        let taken = counts.withLock { counts in
            defer { counts = Counts() }
            return counts
        }
        return [taken.known, taken.unknown, taken.rest].flatMap { $0.values.sorted { $0.first < $1.first } }
    }

    /// What could not be written down.
    package func giveBack(_ taken: [DenialCount]) {
        counts.withLock { counts in
            for count in taken { counts.add(count) }
        }
    }
}
