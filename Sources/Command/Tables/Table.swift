import Domain

/// Rows for people: columns as wide as their widest cell, two spaces apart, the titles in capitals, numbers
/// aligned at the decimal point, times to the minute.
///
/// Where it is too wide for a terminal, texts that may be shortened are, down to a bound, and the columns
/// that matter least are left out.
struct Table {
    struct Column {
        enum Kind {
            case text
            /// To the right; those with a point have it under each other.
            case number
            /// RFC 3339, shown as ``Moment`` does; other texts stay as they are.
            case time
        }

        var title: String
        var kind = Kind.text
        /// Columns of a higher rank are left out first; those of rank 0 never.
        var rank = 0
        /// How few characters may be shown of a longer text; nil: all of it.
        var least: Int?

        static func text(_ title: String, rank: Int = 0, least: Int? = nil) -> Column {
            Column(title: title, rank: rank, least: least)
        }

        static func number(_ title: String, rank: Int = 0) -> Column {
            Column(title: title, kind: .number, rank: rank)
        }

        static func time(_ title: String, rank: Int = 0) -> Column {
            Column(title: title, kind: .time, rank: rank)
        }
    }

    /// A table as it is printed.
    struct Layout: Equatable {
        var text: String
        /// The titles of the columns that were left out.
        var hidden: [String] = []
        /// Some texts are not whole.
        var isShortened = false
    }

    private static let gap = 2

    var columns: [Column]
    /// A cell for each column.
    var rows: [[String]]

    /// One thing as rows of field and value; what is nil is left out.
    static func fields(_ values: [(name: String, value: String?)]) -> Table {
        Table(
            columns: [.text("field"), .text("value")],
            rows: values.compactMap { name, value in value.map { [name, $0] } })
    }

    /// All of it.
    var text: String { layout(within: nil).text }

    /// - Parameter width: of a terminal, in characters; nil leaves nothing out.
    func layout(within width: Int?) -> Layout {
        let cells = columns.indices.map { column in
            Self.aligned(rows.map { Self.shown($0[column], columns[column].kind) }, columns[column].kind)
        }
        var widths = columns.indices.map { column in
            ([columns[column].title] + cells[column]).map(\.displayWidth).max() ?? 0
        }
        var kept = Array(columns.indices)
        guard let width else { return Layout(text: lines(kept, cells, widths)) }
        func least(_ column: Int) -> Int {
            let bound = max(columns[column].least ?? .max, columns[column].title.displayWidth)
            return min(widths[column], bound)
        }
        func total(_ width: (Int) -> Int) -> Int {
            kept.map(width).reduce(Self.gap * (kept.count - 1), +)
        }
        while total(least) > width {
            // Of equal rank the one further to the right.
            guard
                let last = kept.reversed().filter({ columns[$0].rank > 0 })
                    .max(by: { columns[$0].rank < columns[$1].rank })
            else { break }
            kept.removeAll { $0 == last }
        }
        let hidden = columns.indices.filter { !kept.contains($0) }.map { columns[$0].title }
        // The widest gives first, so that short texts stay whole.
        let natural = widths
        while total({ widths[$0] }) > width {
            guard let widest = kept.filter({ widths[$0] > least($0) }).max(by: { widths[$0] < widths[$1] })
            else { break }
            widths[widest] -= 1
        }
        return Layout(
            text: lines(kept, cells, widths), hidden: hidden,
            isShortened: kept.contains { widths[$0] < natural[$0] })
    }

    private func lines(_ kept: [Int], _ cells: [[String]], _ widths: [Int]) -> String {
        let titles = kept.map { column in
            Self.filled(columns[column].title.uppercased(), to: widths[column], columns[column].kind)
        }
        let rows = rows.indices.map { row in
            kept.map { column in
                Self.filled(
                    cells[column][row].shortened(to: widths[column]), to: widths[column], columns[column].kind
                )
            }
        }
        return ([titles] + rows).map { cells in
            var line = cells.joined(separator: String(repeating: " ", count: Self.gap))
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }

    private static func filled(_ cell: String, to width: Int, _ kind: Column.Kind) -> String {
        let room = String(repeating: " ", count: max(0, width - cell.displayWidth))
        return kind == .number ? room + cell : cell + room
    }

    private static func shown(_ cell: String, _ kind: Column.Kind) -> String {
        printable(kind == .time ? Moment.text(cell) : cell)
    }

    /// Cells of numbers with spaces behind them, so that their points are under each other.
    private static func aligned(_ cells: [String], _ kind: Column.Kind) -> [String] {
        guard kind == .number else { return cells }
        func fraction(_ cell: String) -> Int {
            cell.firstIndex(of: ".").map { cell.distance(from: $0, to: cell.endIndex) } ?? 0
        }
        let longest = cells.map(fraction).max() ?? 0
        return cells.map { $0 + String(repeating: " ", count: longest - fraction($0)) }
    }

    /// A cell of another's making cannot steer the terminal, nor break its row.
    private static func printable(_ cell: String) -> String { HiddenCharacters.escaped(cell) }
}
