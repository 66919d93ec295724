import Domain
import GRDB

/// Usage reports: from sums where whole quarters of an hour are asked for, else from the rows.
extension Store {
    /// Of one moment. Exact at any edge: what is cut out of a quarter of an hour is summed from its rows.
    /// Throws `rowsRetired` where those are kept no longer; edges of whole quarters always work. Throws
    /// `notFound` for a cursor that no page gave out.
    package func usageReport(_ query: UsageQuery) async throws(StoreError) -> UsageReport {
        let cursor = try query.cursor.map { text throws(StoreError) in
            guard let cursor = UsageCursor(text, dimensions: query.dimensions.count) else {
                throw StoreError.notFound
            }
            return cursor
        }
        return try await database.read { database in
            var tally = try UsageTally(query, in: database)
            var (rows, total, hasMore) = ([UsageReport.Row](), UsageSums(), false)
            for period in tally.periods {
                let groups = try tally.groups(of: period, in: database)
                for group in groups { total.add(group.sums) }
                let rest = groups[tally.start(of: groups, in: period, behind: cursor)...]
                let page = rest.prefix(max(1, query.limit) - rows.count)
                rows += page.map { tally.row(of: $0, in: period) }
                hasMore = hasMore || page.count < rest.count
            }
            let last = hasMore ? rows.last : nil
            return UsageReport(
                rows: rows, total: total,
                nextCursor: last.map { UsageCursor(start: $0.start, names: $0.names).text })
        }
    }

    /// All rows of a report, to be read part by part. The query's page plays no role.
    package func usageExport(_ query: UsageQuery) async throws(StoreError) -> UsageExport {
        UsageExport(try await database.read { try UsageTally(query, in: $0) }, of: self)
    }
}

extension UsageTally {
    func row(of group: Group, in period: UsageQuery.Period) -> UsageReport.Row {
        UsageReport.Row(
            period: query.periods == nil ? nil : period, start: period.start, names: names(of: group),
            sums: group.sums)
    }

    /// Where in a period's groups a page begins.
    fileprivate func start(
        of groups: [Group], in period: UsageQuery.Period, behind cursor: UsageCursor?
    ) -> Int {
        guard let cursor, period.start <= cursor.start else { return 0 }
        guard period.start == cursor.start else { return groups.count }
        var (low, high) = (0, groups.count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(cursor.names, names(of: groups[middle])) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
