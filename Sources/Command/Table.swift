/// Rows for people: columns as wide as their widest cell, two spaces apart, the titles in capitals.
struct Table {
    var titles: [String]
    var rows: [[String]]

    var text: String {
        let lines = [titles.map { $0.uppercased() }] + rows.map { $0.map(Self.printable) }
        let widths = titles.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { cells in
            var line = zip(cells, widths)
                .map { $0 + String(repeating: " ", count: $1 - $0.count) }
                .joined(separator: "  ")
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }

    /// A cell of another's making cannot steer the terminal.
    private static func printable(_ cell: String) -> String {
        String(String.UnicodeScalarView(cell.unicodeScalars.filter { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }))
    }
}
