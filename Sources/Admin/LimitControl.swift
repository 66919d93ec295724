package import Domain
package import Gateway

/// The counters of limits as the control plane changes and shows them: the data path's ``QuotaBook``, with
/// the clocks and the calendars that it needs.
package struct LimitControl: Sendable {
    private let book: QuotaBook
    private let moment: @Sendable () -> QuotaMoment
    private let calendar: @Sendable (String) -> PeriodRule?

    /// `calendar`: the periods of a time zone by its IANA name; nil where there is none.
    package init(
        book: QuotaBook, moment: @escaping @Sendable () -> QuotaMoment,
        calendar: @escaping @Sendable (String) -> PeriodRule?
    ) {
        self.book = book
        self.moment = moment
        self.calendar = calendar
    }

    package func knows(timeZone: String) -> Bool { calendar(timeZone) != nil }

    /// False where there is no such time zone; then nothing changed.
    @discardableResult
    package func setTimeZone(_ name: String, of project: ProjectID) -> Bool {
        guard let rule = calendar(name) else { return false }
        book.setPeriods(rule, of: project, at: moment())
        return true
    }

    /// All limits that the subject has from now on, as the store keeps them.
    package func set(_ records: [LimitRecord], of subject: LimitSubject) {
        book.setLimits(records, of: subject, at: moment())
    }

    /// As they stand, in the order they were set. Empty where none are in memory.
    package func states(of subject: LimitSubject) -> [LimitState] { book.states(of: subject, at: moment()) }

    /// How those would stand that are not in memory, as the store keeps them.
    func states(of subject: LimitSubject, as records: [LimitRecord]) -> [LimitState] {
        book.states(of: subject, as: records, at: moment())
    }

    /// Since when a limit counts; nil where there is none.
    func start(of id: LimitID, of subject: LimitSubject) -> Timestamp? {
        book.start(of: id, of: subject, at: moment())
    }

    /// What was committed of a top-up. Where the period is over meanwhile it is over for the store as well.
    func topUp(_ id: LimitID, of subject: LimitSubject, by amount: Int64, from start: Timestamp) {
        _ = book.topUp(id, of: subject, by: amount, from: start)
    }

    /// Where a reset would begin to count; nil where there is no such limit.
    func resetStart(of id: LimitID, of subject: LimitSubject) -> Timestamp? {
        book.resetStart(of: id, of: subject, at: moment())
    }

    func reset(_ id: LimitID, of subject: LimitSubject, from start: Timestamp) {
        _ = book.reset(id, of: subject, start: start, at: moment())
    }
}
