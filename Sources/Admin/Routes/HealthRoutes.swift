import Domain
import HTTPTypes
import Hummingbird
import Storage
import Telemetry

/// What orchestrators and monitors ask: `/live` (the process answers), `/ready` (it takes requests),
/// `/health` (what fails, by name) and `/metrics` (for operators: it tells of all projects).
struct HealthRoutes {
    let control: ControlPlane
    let metrics: any MetricsSource
    let isDraining: @Sendable () -> Bool

    var routes: [Route] {
        [
            Route(.get, "/live", .anyone(live)),
            Route(.get, "/ready", .anyone(health)),
            Route(.get, "/health", .anyone(health)),
            Route(.get, "/metrics", .management(showMetrics)),
        ]
    }

    private func live(_: AdminCall) async throws -> Response {
        try Answer.json(HealthResource(status: "ok", checks: [:]))
    }

    private func health(_: AdminCall) async throws -> Response {
        let isDraining = isDraining()
        var store = "ok"
        do {
            try await control.store.ping()
        } catch {
            store = error.reason
        }
        let status = store != "ok" ? "failing" : isDraining ? "draining" : "ok"
        let resource = HealthResource(
            status: status, checks: ["store": store, "listener": isDraining ? "draining" : "ok"])
        return try Answer.json(resource, status: status == "ok" ? .ok : .serviceUnavailable)
    }

    private func showMetrics(_: AdminCall, by _: Principal) async throws -> Response {
        Answer.text(metrics.prometheusText(), type: "text/plain; version=0.0.4; charset=utf-8")
    }
}
