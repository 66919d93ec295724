import Foundation

/// The terminal that standard output is, if it is one.
enum Terminal {
    /// In characters; nil where standard output is no terminal, so that what is read by programs is the same
    /// everywhere.
    static var width: Int? {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var size = winsize()
        let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0
        return width(
            columns: ProcessInfo.processInfo.environment["COLUMNS"], window: isKnown ? Int(size.ws_col) : 0)
    }

    /// `COLUMNS` wins over the window's width, 0 where that is unknown; without either there are 80.
    static func width(columns: String?, window: Int) -> Int {
        if let columns = columns.flatMap({ Int($0) }), columns > 0 { return columns }
        return window > 0 ? window : 80
    }
}
