import Domain

/// `POST …/limits/top-up`: what is added to what the limit allows in its current period.
package struct TopUpLimitRequest: RequestBody {
    package static let fields: [Field] = ["limit", "amount"]
    /// Which one, as `requests/day:gpt-6*`.
    package var limit: String
    package var amount: LimitAmount

    package init(limit: String, amount: LimitAmount) {
        self.limit = limit
        self.amount = amount
    }

    private enum CodingKeys: String, CodingKey {
        case limit, amount
    }
}

extension TopUpLimitRequest {
    func parsed() throws(Problem) -> (LimitID, Int64) {
        let id = try LimitID(wire: limit)
        guard id.isQuota else {
            throw .invalid("limit", "only a limit per hour, day, week, month or lifetime can be topped up")
        }
        return (id, try amount.value(of: id.metric, at: [CodingKeys.amount]))
    }
}

extension LimitID {
    /// The `limit` of a request.
    init(wire text: String) throws(Problem) {
        do throws(LimitTextError) {
            try self.init(parsing: text)
        } catch {
            throw .invalid("limit", error.message)
        }
    }
}

/// `POST …/limits/reset`.
package struct ResetLimitRequest: RequestBody {
    package static let fields: [Field] = ["limit"]
    package var limit: String
    package init(limit: String) { self.limit = limit }
}
