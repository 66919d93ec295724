import Domain
import HTTPTypes
import Hummingbird
import Storage
import Telemetry

/// What orchestrators and monitors ask: `/live` (the process answers), `/ready` (it takes requests),
/// `/health` (what fails, by name) and `/metrics` (for operators: it tells of all projects).
///
/// Anyone may ask, so asking is cheap: only `/ready` touches the store, through a ``StoreProbe``; `/health`
/// repeats what that or a change last found.
struct HealthRoutes {
    private let store: Store
    private let probe: StoreProbe
    private let metrics: any MetricsSource
    private let isDraining: @Sendable () -> Bool
    private let ledgerFailure: @Sendable () -> StoreError?

    init(
        control: ControlPlane, metrics: any MetricsSource, isDraining: @escaping @Sendable () -> Bool,
        ledgerFailure: @escaping @Sendable () -> StoreError?
    ) {
        let store = control.store
        self.store = store
        // What it throws, the store's condition tells.
        probe = StoreProbe(now: control.now) { try? await store.ping() }
        self.metrics = metrics
        self.isDraining = isDraining
        self.ledgerFailure = ledgerFailure
    }

    var routes: [Route] {
        [
            Route(.get, "/live", on: .both, .anyone(live)),
            Route(.get, "/ready", on: .both, .anyone(ready)),
            Route(.get, "/health", on: .both, .anyone(health)),
            Route(.get, "/metrics", .management(.read, of: .instance, showMetrics)),
        ]
    }

    private func live(_: AdminCall) async throws -> Response {
        try Answer.json(HealthResource(status: "ok", checks: [:]))
    }

    private func ready(_: AdminCall) async throws -> Response {
        await probe.refresh()
        return try answer()
    }

    private func health(_: AdminCall) async throws -> Response { try answer() }

    private func answer() throws -> Response {
        let isDraining = isDraining()
        let ledgerFailure = ledgerFailure()
        let (check, isStoreFailing) =
            switch store.condition {
            case .unknown: ("unknown", false)
            case .writable: ("ok", false)
            case .failing(let error): (error.reason, true)
            }
        let isFailing = isStoreFailing || ledgerFailure != nil
        let resource = HealthResource(
            status: isFailing ? "failing" : isDraining ? "draining" : check,
            checks: [
                "store": check, "listener": isDraining ? "draining" : "ok",
                "ledger": ledgerFailure?.reason ?? "ok",
            ])
        return try Answer.json(resource, status: isFailing || isDraining ? .serviceUnavailable : .ok)
    }

    private func showMetrics(_: AdminCall, by _: Operator) async throws -> Response {
        Answer.text(metrics.prometheusText(), type: "text/plain; version=0.0.4; charset=utf-8")
    }
}
