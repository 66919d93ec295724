/// Rows for people: columns as wide as their widest cell, two spaces apart, the titles in capitals, numbers to the
/// right.
struct Table {
    var titles: [String]
    var rows: [[String]]
    /// The columns of numbers.
    var numbers = 0..<0

    var text: String {
        let lines = [titles.map { $0.uppercased() }] + rows.map { $0.map(Self.printable) }
        let widths = titles.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { cells in
            var line = zip(cells, widths).enumerated()
                .map { column, cell in
                    let room = String(repeating: " ", count: cell.1 - cell.0.count)
                    return numbers.contains(column) ? room + cell.0 : cell.0 + room
                }
                .joined(separator: "  ")
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }

    /// A cell of another's making cannot steer the terminal.
    private static func printable(_ cell: String) -> String {
        String(
            String.UnicodeScalarView(
                cell.unicodeScalars.filter { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }))
    }
}
