package import Domain
package import Gateway
package import Storage
import Synchronization

/// Every change of a price: committed to the store, then published to the data path, one after another.
package final class PriceControl: Sendable {
    private let store: Store
    private let access: any AccessPublishing
    private let changes: ChangeQueue
    private let list: Mutex<PriceList>

    /// `list` is what the data path began with.
    package init(
        _ list: PriceList, store: Store, access: any AccessPublishing,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.list = Mutex(list)
        self.store = store
        self.access = access
        changes = ChangeQueue(now: now)
    }

    package var current: PriceList { list.withLock { $0 } }

    /// When this returns, what is admitted costs that.
    func set(_ price: ModelPrice, of model: String, by context: ChangeContext) async throws -> PriceList {
        let document = PriceDocument.text(of: price)
        return try await change(context) { [store] in
            try await store.setPrice(document, of: model, by: $0)
        }
    }

    /// From then on the model has no price.
    func remove(_ model: String, by context: ChangeContext) async throws -> PriceList {
        try await change(context) { [store] in try await store.setPrice(nil, of: model, by: $0) }
    }

    /// Takes back what was set or removed.
    func reset(_ model: String, by context: ChangeContext) async throws -> PriceList {
        try await change(context) { [store] in try await store.resetPrice(of: model, by: $0) }
    }

    private func change(
        _ context: ChangeContext, _ body: @escaping @Sendable (ChangeContext) async throws -> PriceRecords
    ) async throws -> PriceList {
        try await changes.run(context) { [self] context in
            let new = try await current.taking(body(context))
            list.withLock { $0 = new }
            await access.put(new.table)
            return new
        }
    }
}
