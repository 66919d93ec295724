/// The record as a line of its own. Whoever writes many keeps a ``LineWriter``.
extension ExchangeRecord {
    /// Appends the line, its line feed included.
    package func write(to line: inout [UInt8]) {
        var writer = LineWriter()
        writer.append(self, to: &line)
    }
}
