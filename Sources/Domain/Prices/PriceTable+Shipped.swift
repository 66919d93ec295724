/// The table that every installation begins with.
extension PriceTable {
    /// The prices that are built into the program: `prices.json` beside this file.
    /// It throws only where that file was spoilt, which the tests would have said.
    package static func shipped() throws(PriceDocument.Invalid) -> PriceTable {
        try PriceDocument.table(parsing: PackageResources.prices_json)
    }
}
