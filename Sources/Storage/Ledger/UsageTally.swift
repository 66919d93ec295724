import Domain

/// Sums usage up by period and by the names that were asked for.
struct UsageTally {
    private struct Group: Hashable {
        let period: Int
        let names: Int
    }

    private let query: UsageQuery
    /// What is known of access tokens beside the ledger, by their ids; only where it is asked for.
    private let holders: [String: UsageHolder]
    /// Usage keys to the number of their names; those that are filtered away are missing.
    private var namesByKey: [Int64: (names: Int, isExact: Bool)] = [:]
    private var names: [[String]] = []
    private var numbers: [[String]: Int] = [:]
    private var sums: [Group: UsageSums] = [:]

    private let accessTokens: Set<String>?

    init(_ query: UsageQuery, holders: [String: UsageHolder] = [:]) {
        self.query = query
        self.holders = holders
        accessTokens = query.accessTokens.map { Set($0.map(\.rawValue)) }
    }

    mutating func learn(_ key: UsageKey, number: Int64) {
        guard query.project == nil || query.project?.rawValue == key.project,
            query.accessToken == nil || query.accessToken?.rawValue == key.accessToken,
            accessTokens?.contains(key.accessToken) != false
        else { return }
        let names = query.dimensions.map { dimension in
            switch dimension {
            case .model: key.model
            case .accessToken: key.accessToken
            case .project: key.project
            case .endpoint: key.endpoint
            case .status: String(key.status)
            case .lineage: holders[key.accessToken]?.lineage ?? key.accessToken
            case .owner: holders[key.accessToken]?.owner ?? ""
            case .label(let name): holders[key.accessToken]?.labels[name] ?? ""
            }
        }
        let index = numbers[names] ?? self.names.count
        if index == self.names.count {
            self.names.append(names)
            numbers[names] = index
        }
        namesByKey[number] = (index, key.accuracy == .exact)
    }

    /// Adds one rollup or row, read from `statement`, to a period.
    mutating func add(
        key: Int64, period: Int, attempts: Int64, from statement: RawStatement, at column: Int32
    ) {
        guard let (names, isExact) = namesByKey[key] else { return }
        let added = UsageSums(from: statement, at: column, attempts: attempts, isExact: isExact)
        sums[Group(period: period, names: names), default: UsageSums()].add(added)
    }

    /// `periods`: those that ``add(key:period:attempts:from:at:)`` counted by.
    func report(periods: [UsageQuery.Period]) throws -> UsageReport {
        var total = UsageSums()
        for sum in sums.values { total.add(sum) }
        let sorted = sums.keys.sorted { isBefore($0, $1, periods) }
        var rest = sorted[...]
        if let cursor = query.cursor {
            guard let last = Cursor(cursor, dimensions: query.dimensions.count) else {
                throw StoreError.notFound
            }
            rest = sorted.drop { group in
                let start = periods[group.period].start
                return start != last.start
                    ? start < last.start
                    : !Self.isBefore(last.names, names[group.names], query.dimensions)
            }
        }
        let page = rest.prefix(max(1, query.limit))
        let rows = page.map { group in
            UsageReport.Row(
                period: query.periods == nil ? nil : periods[group.period], names: names[group.names],
                sums: sums[group] ?? UsageSums())
        }
        var nextCursor: String?
        if let last = page.last, page.endIndex < rest.endIndex {
            nextCursor = Cursor(start: periods[last.period].start, names: names[last.names]).text
        }
        return UsageReport(rows: rows, total: total, nextCursor: nextCursor)
    }

    private func isBefore(_ left: Group, _ right: Group, _ periods: [UsageQuery.Period]) -> Bool {
        guard left.period == right.period else { return left.period < right.period }
        return Self.isBefore(names[left.names], names[right.names], query.dimensions)
    }

    private static func isBefore(
        _ left: [String], _ right: [String], _ dimensions: [UsageQuery.Dimension]
    ) -> Bool {
        for (index, dimension) in dimensions.enumerated() where left[index] != right[index] {
            guard dimension == .status, let first = Int(left[index]), let second = Int(right[index]) else {
                return left[index] < right[index]
            }
            return first < second
        }
        return false
    }
}

/// Where the next page begins: behind the group of a period's start and names. As text, the hex digits of
/// `start␟name␟name…`.
private struct Cursor {
    let start: Timestamp
    let names: [String]

    init(start: Timestamp, names: [String]) {
        self.start = start
        self.names = names
    }

    /// nil for what no page gave out.
    init?(_ text: String, dimensions: Int) {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16)
            else {
                return nil
            }
            bytes.append(byte)
        }
        let parts = String(decoding: bytes, as: UTF8.self).split(
            separator: "\u{1F}", maxSplits: dimensions, omittingEmptySubsequences: false)
        guard parts.count == dimensions + 1, let first = parts.first, let start = Int64(first) else {
            return nil
        }
        self.start = Timestamp(milliseconds: start)
        names = parts.dropFirst().map(String.init)
    }

    var text: String {
        let digits = Array("0123456789abcdef".utf8)
        let plain = ([String(start.milliseconds)] + names).joined(separator: "\u{1F}")
        return String(
            decoding: plain.utf8.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
