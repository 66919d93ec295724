package import Domain
package import Storage

/// The prices that hold: those that are built into the program, and what operators set in their place.
package struct PriceList: Sendable {
    /// Where a model's price comes from.
    package enum Origin: String, Sendable {
        /// Built into the program.
        case shipped
        /// Set by an operator.
        case set
        /// Taken away by an operator: there is none.
        case removed
        /// The model is not listed, and costs what the one it is a dated snapshot of does.
        case inherited
    }

    struct Entry: Sendable {
        let model: String
        let origin: Origin
        /// nil only where it was removed.
        let price: ModelPrice?
    }

    private let shipped: PriceTable
    private let overrides: [String: PriceOverride]
    /// Both in one, for the data path.
    package let table: PriceTable

    init(_ shipped: PriceTable, _ records: PriceRecords) throws {
        self.shipped = shipped
        overrides = Dictionary(uniqueKeysWithValues: records.overrides.map { ($0.model, $0) })
        var changes: [String: ModelPrice?] = [:]
        for override in records.overrides {
            do {
                let price = try override.document.map { try PriceDocument.price(parsing: Array($0.utf8)) }
                changes.updateValue(price, forKey: override.model)
            } catch {
                // Only what was read once is written.
                throw StoreError.corrupt
            }
        }
        table = shipped.edited(version: records.version, changes)
    }

    /// As the server starts.
    package static func load(from store: Store, at now: Timestamp) async throws -> PriceList {
        let shipped = try PriceTable.shipped()
        return try PriceList(shipped, await store.priceRecords(shipped: shipped.version, at: now))
    }

    func taking(_ records: PriceRecords) throws -> PriceList { try PriceList(shipped, records) }

    /// nil where nothing is known of the model.
    func entry(of model: String) -> Entry? {
        if let override = overrides[model] {
            return Entry(
                model: model, origin: override.document == nil ? .removed : .set, price: table.prices[model])
        }
        if let price = shipped.prices[model] { return Entry(model: model, origin: .shipped, price: price) }
        return table.price(of: model).map { Entry(model: model, origin: .inherited, price: $0) }
    }

    /// All that are listed, by name.
    func entries(matching pattern: ModelPattern?) -> [Entry] {
        Set(shipped.prices.keys).union(overrides.keys).sorted()
            .filter { pattern?.matches($0) ?? true }
            .compactMap { entry(of: $0) }
    }
}
