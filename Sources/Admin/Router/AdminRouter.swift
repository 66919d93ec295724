import Domain
import Gateway
import HTTPTypes
package import Hummingbird

/// The management API: every route with its authentication, and the responder that the listener mounts for
/// all that is not `/v1`.
///
/// Start reading at ``routes``; each resource has its own file in `Routes/`.
package struct AdminRouter: Sendable {
    package let routes: [Route]
    private let services: Services
    private let entry: Entry
    private let options: Options
    private let server: Server
    private let conditions: RequestConditions

    package init(_ services: Services, entry: Entry, options: Options, server: Server) {
        self.services = services
        self.entry = entry
        self.options = options
        self.server = server
        conditions = RequestConditions(control: services.control, prices: services.prices)
        let (control, clients) = (services.control, options.clients)
        routes =
            HealthRoutes(
                control: control, metrics: server.metrics, isDraining: server.isDraining,
                ledgerFailure: server.ledgerFailure
            ).routes
            + ProjectRoutes(control: control, upstreamHosts: options.upstreamHosts).routes
            + CredentialRoutes(control: control).routes
            + AccessTokenRoutes(control: control, clients: clients).routes
            + AccessTokenLifeRoutes(control: control, clients: clients).routes
            + ManagementKeyRoutes(control: control).routes
            + PriceRoutes(prices: services.prices).routes
            + UpstreamRoutes(control: control, upstreams: services.upstreams).routes
            + UsageRoutes(control: control, periods: options.periods).routes
            + AuditRoutes(control: control).routes
            + MaintenanceRoutes(maintenance: services.maintenance).routes
            + InvitationRoutes(control: control, clients: clients).routes
            + ClaimRoutes(control: control, clients: clients).routes
            + HolderRoutes(control: control, desk: services.holders).routes
            + LeakRoutes(desk: services.leaks).routes
            + LeakReportingRoutes(desk: services.leaks, githubSecret: options.githubSecret).routes
            + AlarmRoutes(control: control, sendsAlarms: options.sendsAlarms).routes
            + DocumentRoutes().routes
    }

    /// Answers every request: 404 where there is no route, 405 where there is none of that method.
    ///
    /// - Parameter plane: of the listener; what is found on the other only is not there.
    package func responder(on plane: Route.Plane = .both) -> RouterResponder<AdminContext> {
        let routes = routes.filter { $0.isFound(on: plane) }
        let router = Router(context: AdminContext.self, options: .autoGenerateHeadEndpoints)
        if let crossOrigin = entry.crossOrigin {
            router.add(middleware: CrossOriginMiddleware(policy: crossOrigin))
        }
        router.add(
            middleware: ProblemMiddleware(
                nextRequestID: server.nextRequestID, lostCalls: lostCalls(on: plane)))
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
            plane == .operators ? .otherListener(options.clients) : .sameListener(options.baseURL),
            routerOwn: Set(own))
    }

    private func answer(to preflight: CrossOriginPolicy.Preflight) -> Response {
        do throws(Rejection) {
            var response = Answer.nothing
            for field in try CrossOriginPolicy.answer(to: preflight, by: entry.crossOrigin) {
                response.headers.append(field)
            }
            return response
        } catch {
            return Answer.refusal(error)
        }
    }

    private func client(of request: Request, _ context: AdminContext) -> IPAddress? {
        entry.proxies.client(
            connectedFrom: context.channel?.remoteAddress,
            forwardedFor: request.headers[values: .forwardedFor].map { Substring($0) })
    }

    private func answer(_ route: Route, _ call: AdminCall) async throws -> Response {
        switch route.handler {
        case .anyone(let handle): return try await handle(call)
        case .accessToken(let handle):
            do {
                return try await handle(
                    call, services.holders.holder(of: call.request.headers, from: call.client))
            } catch let rejection as Rejection {
                if let reason = rejection.denial { deny(reason, call) }
                return Answer.refusal(rejection)
            } catch let problem as Problem {
                return Answer.refusal(problem)
            }
        case .management(let least, let scope, let handle):
            return try await conditions.answer(
                route, call, by: caller(call, least, of: scope), handle)
        }
    }

    private func caller(_ call: AdminCall, _ least: Role, of scope: Route.Scope) async throws -> Operator {
        let caller: Operator
        do {
            let key = try await entry.authenticator.caller(of: call.request.headers, from: call.client)
            caller = Operator(key, from: call.client, at: services.control.now())
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
        return caller
    }

    private func deny(_ reason: Denial.Reason, _ call: AdminCall) {
        entry.denials.count(Denial(reason, from: call.client), at: services.control.now())
    }
}

extension HTTPField.Name {
    // The literal is a valid field name.
    // swift-format-ignore: NeverForceUnwrap
    fileprivate static let forwardedFor = HTTPField.Name("x-forwarded-for")!
}
