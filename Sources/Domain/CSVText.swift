/// Writes tables as RFC 4180 has them: commas, CRLF, quotes only where they are needed.
///
/// A cell that a spreadsheet would take for a formula gets an apostrophe in front, by which spreadsheets know
/// text. That is also done to negative numbers, so there should be none.
package struct CSVText: Sendable {
    package private(set) var text = ""

    package init() {}

    package mutating func append(row cells: some Sequence<String>) {
        var isFirst = true
        for cell in cells {
            if !isFirst { text.append(",") }
            isFirst = false
            append(cell)
        }
        text.append("\r\n")
    }

    private mutating func append(_ cell: String) {
        let isFormula =
            switch cell.utf8.first {
            // = + - @ tab CR LF
            case 0x3D, 0x2B, 0x2D, 0x40, 0x09, 0x0D, 0x0A: true
            default: false
            }
        let needsQuotes = cell.utf8.contains { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }
        if needsQuotes { text.append("\"") }
        if isFormula { text.append("'") }
        if needsQuotes {
            for scalar in cell.unicodeScalars {
                if scalar == "\"" { text.append("\"") }
                text.unicodeScalars.append(scalar)
            }
            text.append("\"")
        } else {
            text.append(cell)
        }
    }
}
