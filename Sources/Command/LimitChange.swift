import Admin
import ArgumentParser
import Domain

/// `top-up` and `reset` of one limit, as `token` and `project` both have them.
enum LimitChange {
    static let limitHelp = ArgumentHelp(
        "Which limit, as METRIC/WINDOW[:MODEL-PATTERN]: requests/day, tokens/minute:gpt-6*.")

    /// Throws as wrong usage what stands in the way of the request.
    static func topUp(_ limit: String, by amount: String) throws -> TopUpLimitRequest {
        let id = try id(limit)
        guard let value = Limit.amount(amount, of: id.metric) else {
            throw ValidationError(LimitTextError.malformedAmount(amount, id.metric).message)
        }
        return TopUpLimitRequest(limit: id.description, amount: LimitAmount(value, of: id.metric))
    }

    static func reset(_ limit: String) throws -> ResetLimitRequest {
        ResetLimitRequest(limit: try id(limit).description)
    }

    private static func id(_ text: String) throws -> LimitID {
        do throws(LimitTextError) {
            return try LimitID(parsing: text)
        } catch {
            throw ValidationError(error.message)
        }
    }
}
