/// The counters of a limit that were begun before the one that counts: two of them, so that with it the last
/// three are kept for a clock that goes back.
///
/// `start_2` is that of the counter before, `start_3` that of the one before it; both are NULL where there is
/// none. When a counter is begun, each takes the place behind its own.
extension Schema {
    static let limitPeriods = ["2", "3"].flatMap { place in
        ["start", "used", "base", "credit"].map { column in
            "ALTER TABLE limit_accounts ADD COLUMN \(column)_\(place) BIGINT"
        }
    }
}
