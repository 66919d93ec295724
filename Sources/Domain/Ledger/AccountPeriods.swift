/// One durable counter, and the period of it that an exchange falls into by the moment of its admission.
package struct AccountPeriod: Hashable, Sendable {
    /// The store's number for one limit of one owner.
    package let account: Int32
    package let start: Timestamp

    package init(account: Int32, start: Timestamp) {
        self.account = account
        self.start = start
    }
}

/// The durable counters that one exchange falls under: at most ``capacity``, kept without an allocation.
package struct AccountPeriods: Sendable {
    package static let capacity = 16

    package private(set) var count = 0
    private var accounts = InlineArray<16, Int32>(repeating: 0)
    private var starts = InlineArray<16, Int64>(repeating: 0)

    package init() {}

    /// False where there is no place left; then nothing changed.
    package mutating func append(_ period: AccountPeriod) -> Bool {
        guard count < Self.capacity else { return false }
        accounts[count] = period.account
        starts[count] = period.start.milliseconds
        count += 1
        return true
    }
}

extension AccountPeriods: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { count }

    package subscript(index: Int) -> AccountPeriod {
        precondition(index < count)
        return AccountPeriod(account: accounts[index], start: Timestamp(milliseconds: starts[index]))
    }
}

extension AccountPeriods: Hashable {
    package static func == (left: AccountPeriods, right: AccountPeriods) -> Bool { left.elementsEqual(right) }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        for period in self { hasher.combine(period) }
    }
}

extension AccountPeriods: ExpressibleByArrayLiteral {
    /// At most ``capacity``; what follows is left out.
    package init(arrayLiteral periods: AccountPeriod...) {
        for period in periods { _ = append(period) }
    }
}
