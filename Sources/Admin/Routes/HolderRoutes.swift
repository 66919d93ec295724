import Domain
import Gateway
import Hummingbird
import Storage

/// `/me`: what the holder of an access token may know of it; and `explain`, which says what would become of a
/// request, to the holder and to operators.
struct HolderRoutes {
    let control: ControlPlane
    let desk: HolderDesk

    var routes: [Route] {
        [
            Route(.get, "/me", .accessToken(show)),
            Route(.get, "/me/explain", .accessToken(explain)),
            Route(.post, "/manage/tokens/{id}/explain", .management(.read, explain)),
        ]
    }

    private func show(_ call: AdminCall, to holder: Holder) async throws -> Response {
        _ = try call.query([])
        let grant = holder.grant
        guard let accessToken = try await control.store.accessToken(grant.id) else {
            throw Rejection.unknownCredential
        }
        let limits = desk.limits(of: holder)
        let grants = grant.grants
        return try Answer.json(
            HolderResource(
                id: grant.id.rawValue, name: accessToken.name.rawValue, project: holder.route.name.rawValue,
                status: AccessToken.Status.active.rawValue, createdAt: accessToken.createdAt.rfc3339,
                expiresAt: grant.expiresAt?.rfc3339, notBefore: grants.notBefore?.rfc3339,
                idleExpiresIn: grants.idleSeconds, models: grants.models?.map(\.description),
                endpoints: grants.endpoints?.map(\.rawValue).sorted(),
                networks: grants.networks?.map(\.description),
                outputCap: grants.outputCap?.description,
                unboundedOutput: (grants.unboundedOutput ?? holder.route.unboundedOutput).rawValue,
                limits: limits.own.map { HolderLimitResource($0) }
                    + limits.project.map { HolderLimitResource($0) }))
    }

    private func explain(_ call: AdminCall, to holder: Holder) async throws -> Response {
        let parameters = try call.query(Set(ExplainRequest.fields.map(\.name)))
        func count(_ name: String) throws(Problem) -> Int64? {
            guard let text = parameters[name] else { return nil }
            guard let number = Int64(text) else {
                throw .invalidFields([.init(pointer: "?\(name)", "it has to be a whole number")])
            }
            return number
        }
        var request = ExplainRequest()
        request.model = parameters["model"]
        request.endpoint = parameters["endpoint"]
        request.method = parameters["method"]
        request.address = parameters["address"]
        request.choices = try count("n")
        request.tokens = try count("tokens")
        request.promptTokens = try count("prompt_tokens")
        request.maxOutputTokens = try count("max_output_tokens")
        request.costUSD = parameters["cost_usd"]
        let question = try AccessQuestion(request) { Problem.FieldError(pointer: "?\($0)", $1) }
        return try Answer.json(
            ExplanationResource(desk.explain(question, to: holder)) { $0.reason })
    }

    private func explain(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let request = try await call.body(ExplainRequest.self)
        let question = try AccessQuestion(request) { Problem.FieldError(field: $0, $1) }
        let accessToken = try await control.accessToken(call.parameter("id"), for: caller)
        let explanation = await desk.explain(question, for: accessToken)
        return try Answer.json(ExplanationResource(explanation) { $0.internalReason })
    }
}

extension ExplanationResource {
    fileprivate init(_ explanation: AccessExplanation, reason: (Rejection) -> String) {
        self.init(
            admitted: explanation.rejections.isEmpty, tokens: explanation.charge.tokens,
            costUSD: explanation.charge.cost.description,
            outputLimit: explanation.fittedOutput > 0 ? explanation.fittedOutput : nil,
            refusals: explanation.rejections.map { rejection in
                let error = rejection.apiError
                var refusal = Refusal(
                    reason: reason(rejection), status: error.status, message: error.message)
                if case .limited(let refused) = rejection {
                    refusal.limit = refused.limit.description
                    refusal.owner = refused.owner.rawValue
                    refusal.retryAfterMilliseconds = refused.retryAfter
                    if case .spent(let resetsAt) = refused.cause { refusal.resetsAt = resetsAt?.rfc3339 }
                }
                return refusal
            })
    }
}

extension HolderLimitResource {
    fileprivate init(_ state: LimitState) {
        let id = state.limit.id
        func amount(_ value: Int64) -> LimitAmount { LimitAmount(value, of: id.metric) }
        self.init(
            limit: id.description, owner: state.owner.rawValue, metric: id.metric.rawValue,
            window: id.window?.rawValue, models: id.models?.description)
        switch state.owner {
        case .accessToken:
            self.amount = amount(state.allowance)
            used = amount(state.used)
            reserved = amount(state.reserved)
            remaining = amount(state.remaining)
            resetsAt = state.resetsAt?.rfc3339
        case .project:
            // The end of a rate tells how much of it is used.
            resetsAt = id.isQuota ? state.resetsAt?.rfc3339 : nil
        }
    }
}
