package import Domain
package import Storage
package import Telemetry

/// What the router is made of: the server that it is a part of.
extension AdminRouter {
    /// What the running server says of itself.
    package struct Server: Sendable {
        let metrics: any MetricsSource
        let isDraining: @Sendable () -> Bool
        /// Why the ledger cannot be written now; nil if it can.
        let ledgerFailure: @Sendable () -> StoreError?
        let nextRequestID: @Sendable () -> RequestID

        package init(
            metrics: any MetricsSource, isDraining: @escaping @Sendable () -> Bool,
            ledgerFailure: @escaping @Sendable () -> StoreError?,
            nextRequestID: @escaping @Sendable () -> RequestID
        ) {
            self.metrics = metrics
            self.isDraining = isDraining
            self.ledgerFailure = ledgerFailure
            self.nextRequestID = nextRequestID
        }
    }
}
