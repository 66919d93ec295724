package import Domain
package import Gateway
import HTTPTypes
package import Hummingbird
package import Storage
package import Telemetry
package import Vault

/// The management API: every route with its authentication, and the responder that the listener mounts for
/// all that is not `/v1`.
///
/// Start reading at ``routes``; each resource has its own file in `Routes/`.
package struct AdminRouter: Sendable {
    package let routes: [Route]
    private let authenticator: Authenticator
    private let holders: HolderDesk
    private let denials: DenialTally
    private let now: @Sendable () -> Timestamp
    private let proxies: TrustedProxies
    private let conditions: RequestConditions
    private let nextRequestID: @Sendable () -> Domain.RequestID
    private let clients: ClientAddress
    private let baseURL: APIBaseURL
    private let crossOrigin: CrossOriginPolicy?

    /// `periods`: the calendar of a time zone by its IANA name; nil where there is none. `ledgerFailure`: why
    /// the ledger cannot be written now; nil where it can. `githubSecret`: what GitHub signs its alerts with;
    /// nil where they are not taken. `clients`: where the holders of access tokens find the server;
    /// `baseURL`: what clients with a wrong one are told to set. `crossOrigin`: which web pages may call
    /// `/me`; nil is none. `sendsAlarms`: there is a receiver of alarms. `upstreamHosts`: the hosts that a
    /// management key of one project may set as upstream.
    package init(
        control: ControlPlane, prices: PriceControl, holders: HolderDesk,
        upstreams: any UpstreamInquiry, leaks: LeakDesk, githubSecret: Secret? = nil,
        authenticator: Authenticator, maintenance: Maintenance, denials: DenialTally = DenialTally(),
        proxies: TrustedProxies, upstreamHosts: Set<String> = [], sendsAlarms: Bool,
        periods: @escaping @Sendable (String) -> PeriodRule?,
        metrics: any MetricsSource, clients: ClientAddress,
        baseURL: APIBaseURL = APIBaseURL(), crossOrigin: CrossOriginPolicy? = nil,
        isDraining: @escaping @Sendable () -> Bool,
        ledgerFailure: @escaping @Sendable () -> StoreError? = { nil },
        nextRequestID: @escaping @Sendable () -> Domain.RequestID
    ) {
        self.authenticator = authenticator
        self.denials = denials
        now = control.now
        self.holders = holders
        self.proxies = proxies
        conditions = RequestConditions(control: control)
        self.nextRequestID = nextRequestID
        self.clients = clients
        self.baseURL = baseURL
        self.crossOrigin = crossOrigin
        routes =
            HealthRoutes(
                control: control, metrics: metrics, isDraining: isDraining, ledgerFailure: ledgerFailure
            ).routes
            + ProjectRoutes(control: control, upstreamHosts: upstreamHosts).routes
            + CredentialRoutes(control: control).routes
            + AccessTokenRoutes(control: control, clients: clients).routes
            + AccessTokenLifeRoutes(control: control, clients: clients).routes
            + ManagementKeyRoutes(control: control).routes
            + PriceRoutes(prices: prices).routes
            + UpstreamRoutes(control: control, upstreams: upstreams).routes
            + UsageRoutes(control: control, periods: periods).routes
            + AuditRoutes(control: control).routes
            + MaintenanceRoutes(maintenance: maintenance).routes
            + InvitationRoutes(control: control, clients: clients).routes
            + ClaimRoutes(control: control, clients: clients).routes
            + HolderRoutes(control: control, desk: holders).routes
            + LeakRoutes(desk: leaks).routes
            + LeakReportingRoutes(desk: leaks, githubSecret: githubSecret).routes
            + AlarmRoutes(control: control, sendsAlarms: sendsAlarms).routes
            + DocumentRoutes().routes
    }

    /// Answers every request: 404 where there is no route, 405 where there is none of that method.
    ///
    /// - Parameter plane: of the listener; what is found on the other only is not there.
    package func responder(on plane: Route.Plane = .both) -> RouterResponder<AdminContext> {
        let routes = routes.filter { $0.isFound(on: plane) }
        let router = Router(context: AdminContext.self, options: .autoGenerateHeadEndpoints)
        if let crossOrigin { router.add(middleware: CrossOriginMiddleware(policy: crossOrigin)) }
        router.add(
            middleware: ProblemMiddleware(nextRequestID: nextRequestID, lostCalls: lostCalls(on: plane)))
        for route in routes {
            router.on(RouterPath(route.path), method: route.method) { request, context in
                try await answer(
                    route, AdminCall(request: request, context: context, client: client(of: request, context))
                )
            }
        }
        let methods: [HTTPRequest.Method] = [.get, .post, .put, .patch, .delete, .options]
        for (path, routes) in Dictionary(grouping: routes, by: \.path) {
            let allowed = routes.map(\.method)
            for method in methods where !allowed.contains(method) {
                router.on(RouterPath(path), method: method) { request, _ in
                    if routes.contains(where: \.isHolders), let preflight = request.preflight {
                        return answer(to: preflight)
                    }
                    return Answer.methodNotAllowed(allowed.map(\.rawValue).sorted())
                }
            }
        }
        return router.buildResponder()
    }

    private func lostCalls(on plane: Route.Plane) -> LostCalls {
        let own = routes.compactMap { $0.path.split(separator: "/").first.map(String.init) } + ["admin"]
        return LostCalls(
            plane == .operators ? .otherListener(clients) : .sameListener(baseURL),
            routerOwn: Set(own))
    }

    private func answer(to preflight: CrossOriginPolicy.Preflight) -> Response {
        do throws(Rejection) {
            var response = Answer.nothing
            for field in try CrossOriginPolicy.answer(to: preflight, by: crossOrigin) {
                response.headers.append(field)
            }
            return response
        } catch {
            return Answer.refusal(error)
        }
    }

    private func client(of request: Request, _ context: AdminContext) -> IPAddress? {
        proxies.client(
            connectedFrom: context.channel?.remoteAddress,
            forwardedFor: request.headers[values: .forwardedFor].map { Substring($0) })
    }

    private func answer(_ route: Route, _ call: AdminCall) async throws -> Response {
        switch route.handler {
        case .anyone(let handle): return try await handle(call)
        case .accessToken(let handle):
            do {
                return try await handle(call, holders.holder(of: call.request.headers, from: call.client))
            } catch let rejection as Rejection {
                if let reason = rejection.denial { deny(reason, call) }
                return Answer.refusal(rejection)
            } catch let problem as Problem {
                return Answer.refusal(problem)
            }
        case .management(let least, let scope, let handle):
            return try await conditions.answer(route, call, by: caller(call, least, of: scope), handle)
        }
    }

    private func caller(_ call: AdminCall, _ least: Role, of scope: Route.Scope) async throws -> Operator {
        let caller: Operator
        do {
            caller = try await authenticator.caller(of: call.request.headers, from: call.client)
        } catch let problem as Problem where problem.status == 401 || problem.status == 429 {
            deny(problem.status == 401 ? .managementKey : .managementBackoff, call)
            throw problem
        }
        do throws(Problem) {
            try caller.require(least, of: scope)
        } catch {
            deny(.managementRole, call)
            throw error
        }
        return caller.calling(from: call.client)
    }

    private func deny(_ reason: Denial.Reason, _ call: AdminCall) {
        denials.count(Denial(reason, from: call.client), at: now())
    }
}

extension HTTPField.Name {
    // The literal is a valid field name.
    // swift-format-ignore: NeverForceUnwrap
    fileprivate static let forwardedFor = HTTPField.Name("x-forwarded-for")!
}
