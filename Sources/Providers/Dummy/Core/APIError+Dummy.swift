import Domain

/// The errors of the dummy provider, in OpenAI's words where it has some.
extension APIError {
    static func invalid(_ message: String, param: String? = nil, code: String? = nil) -> APIError {
        APIError(400, type: "invalid_request_error", code: code, param: param, message: message)
    }

    static func missing(_ parameter: String) -> APIError {
        invalid(
            "Missing or invalid parameter: '\(parameter)'.", param: parameter,
            code: "missing_required_parameter")
    }

    static func tooLarge(_ what: String, limit: Int) -> APIError {
        APIError(
            413, type: "invalid_request_error", code: "request_too_large",
            message: "\(what) is too large for the dummy provider, which takes at most \(limit) bytes.",
            isRetryable: false)
    }

    static func unknownModel(_ name: String) -> APIError {
        APIError(
            404, type: "invalid_request_error", code: "model_not_found",
            message: "The model '\(name)' does not exist: dummy models are named "
                + "dummy[-delay-<number>ms][-length-<number>], up to 60 seconds and 10000 words.")
    }

    /// `what`: as "File object".
    static func noSuch(_ what: String, _ id: String) -> APIError {
        APIError(
            404, type: "invalid_request_error", code: nil, param: "id",
            message: "No such \(what): '\(id)'. The dummy provider keeps a project's latest objects only, "
                + "in memory.")
    }

    static func unknownURL(_ method: String, _ path: String) -> APIError {
        APIError(
            404, type: "invalid_request_error", code: "unknown_url",
            message: "Invalid URL (\(method) \(path)): the dummy provider has no such endpoint.")
    }
}
