import Domain
import Gateway

/// What `explain` is asked, as it was written.
extension AccessQuestion {
    /// `error` points at a field of what was asked.
    init(_ request: ExplainRequest, error: (String, String) -> Problem.FieldError) throws(Problem) {
        if let model = request.model, !(1...LedgerText.limit).contains(model.utf8.count) {
            throw .invalidFields([error("model", "it has to be 1 to \(LedgerText.limit) bytes long")])
        }
        for (name, count) in [
            ("n", request.choices), ("tokens", request.tokens), ("prompt_tokens", request.promptTokens),
            ("max_output_tokens", request.maxOutputTokens),
        ] where (count ?? 0) < 0 {
            throw .invalidFields([error(name, "it may not be negative")])
        }
        let parts = [request.choices, request.promptTokens, request.maxOutputTokens]
        guard request.tokens == nil || parts.allSatisfy({ $0 == nil }) else {
            let message = "it may not stand beside prompt_tokens, max_output_tokens or n"
            throw .invalidFields([error("tokens", message)])
        }
        self.init(
            model: request.model,
            size: request.tokens.map { .tokens($0) }
                ?? .parts(prompt: request.promptTokens ?? 0, completion: request.maxOutputTokens))
        choices = request.choices
        path = try Self.path(request, error)
        if let text = request.address {
            guard let address = IPAddress(text) else {
                throw .invalidFields([error("address", "it must be an IP address")])
            }
            client = address
        }
        if let text = request.costUSD {
            guard let money = Money(text) else {
                throw .invalidFields([error("cost_usd", "it has to be US dollars, as \"0.25\"")])
            }
            use.cost = money
        }
    }

    /// nil if none is asked about.
    private static func path(
        _ request: ExplainRequest, _ error: (String, String) -> Problem.FieldError
    ) throws(Problem) -> AskedPath? {
        let methods = Endpoint.Method.allCases.map(\.rawValue)
        if let method = request.method, !methods.contains(method) {
            throw .invalidFields([error("method", "it must be one of \(methods.joined(separator: ", "))")])
        }
        guard let name = request.endpoint else {
            guard request.method == nil else {
                throw .invalidFields([error("method", "it needs an endpoint that is a path")])
            }
            return nil
        }
        if let kind = EndpointKind(rawValue: name) {
            guard request.method == nil else {
                throw .invalidFields([error("method", "it needs an endpoint that is a path")])
            }
            return AskedPath(usual: kind)
        }
        let method = RequestMethod.allCases.first { $0.name.description == request.method }
        guard let path = try? AskedPath(method ?? .post, name) else {
            let known = EndpointKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalidFields([
                error("endpoint", "it must be a path below /v1, as /v1/threads/runs, or one of \(known)")
            ])
        }
        return path
    }
}
