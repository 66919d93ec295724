/// A refusal as its holder reads it.
extension LimitRefusal {
    /// As OpenAI says it: a budget is `insufficient_quota`, which its SDKs do not try again; everything else
    /// passes with time.
    package var apiError: APIError {
        guard !isQuota else {
            return APIError(
                429, type: "insufficient_quota", code: "insufficient_quota", param: cure?.key,
                message: description,
                isRetryable: false)
        }
        return APIError(
            429, type: limit.id.metric == .tokens ? "tokens" : "requests", code: "rate_limit_exceeded",
            message: description, retryAfter: retryAfter.map { Int($0) })
    }
}
