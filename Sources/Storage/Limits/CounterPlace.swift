/// Where `limit_accounts` keeps one of a limit's counters: the one that was begun last, and those before it.
enum CounterPlace: String, CaseIterable {
    case last = ""
    case second = "_2"
    case third = "_3"

    /// Of a charge, by the row's metric: three arguments: requests, tokens, cost.
    static let amount =
        "CASE metric WHEN 'requests' THEN ? WHEN 'tokens' THEN ? WHEN 'cost' THEN ? ELSE 0 END"
}
