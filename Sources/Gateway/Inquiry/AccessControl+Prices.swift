package import Domain

/// Prices as they are edited, handed to every event loop.
extension AccessControl {
    /// Each exchange keeps the table that it was admitted with.
    package func put(_ prices: PriceTable) async {
        await workers.onEach { $0.accounting.take(prices) }
    }
}
