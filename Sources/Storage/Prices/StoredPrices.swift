import Domain
import GRDB

/// The prices that hold now, read from the store: for what is priced when it is written down, with no request
/// at hand.
struct StoredPrices {
    let version: Int64
    private let table: PriceTable

    init(in database: Database) throws {
        let records = try Store.priceRecords(in: database)
        var changes: [String: ModelPrice?] = [:]
        do {
            for record in records.overrides {
                let price = try record.document.map { try PriceDocument.price(parsing: Array($0.utf8)) }
                changes.updateValue(price, forKey: record.model)
            }
            table = try PriceTable.shipped().edited(version: records.version, changes)
        } catch {
            // Only what was read once is written.
            throw StoreError.corrupt
        }
        version = records.version
    }

    /// Of images that a hosted tool made.
    func imagePrice(else price: ModelPrice) -> ModelPrice {
        table.price(of: ObjectEnd.imageModel) ?? price
    }

    /// As a request's: of the model that was asked for, else what the project has for such, else of the one
    /// that answered.
    func price(
        asked: LedgerText?, answered: LedgerText?, of project: ProjectID, in database: Database
    ) throws -> ModelPrice? {
        if let asked, let price = table.price(of: asked.rawValue) { return price }
        let rule = try String.fetchOne(
            database, sql: "SELECT unpriced FROM projects WHERE id = ?", arguments: [project.rawValue])
        if case .defaultPrice(let prompt, let completion) = rule.flatMap({ UnpricedRule($0) }) {
            return ModelPrice(prompt: prompt, completion: completion)
        }
        return answered.flatMap { table.price(of: $0.rawValue) }
    }
}
