package import Domain

/// A limit in a request: an object (`metric`, `amount`, `window`, `models`), or its text
/// (`requests=100/day:gpt-6*`).
package struct LimitField: Codable, Equatable, Sendable {
    package var limit: Limit

    package init(_ limit: Limit) { self.limit = limit }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case metric, amount, window, models
    }

    package init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            do throws(LimitTextError) {
                limit = try Limit(parsing: text)
            } catch {
                throw Problem.invalid(decoder.codingPath, error.message)
            }
            return
        }
        try Field.refuseOthers(than: CodingKeys.allCases.map(\.rawValue), in: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let path = container.codingPath
        let word = try container.decode(String.self, forKey: .metric)
        guard let metric = LimitMetric(rawValue: word) else {
            throw Problem.invalid(path + [CodingKeys.metric], LimitTextError.unknownMetric(word).message)
        }
        let amount = try container.decode(LimitAmount.self, forKey: .amount)
        let value = try amount.value(of: metric, at: path + [CodingKeys.amount])
        let window = try container.decodeIfPresent(String.self, forKey: .window)
        let models = try container.decodeIfPresent(String.self, forKey: .models)
        do throws(LimitTextError) {
            limit = Limit(try LimitID(metric: metric, window: window, models: models), amount: value)
        } catch {
            throw Problem.invalid(path + [Self.place(of: error)], error.message)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(limit.id.metric.rawValue, forKey: .metric)
        try container.encode(LimitAmount(limit.amount, of: limit.id.metric), forKey: .amount)
        try container.encodeIfPresent(limit.id.window?.rawValue, forKey: .window)
        try container.encodeIfPresent(limit.id.models?.description, forKey: .models)
    }

    private static func place(of error: LimitTextError) -> CodingKeys {
        switch error {
        case .missingAmount, .malformedAmount: .amount
        case .unknownMetric: .metric
        case .missingWindow, .unknownWindow, .windowOfConcurrency: .window
        case .malformedPattern: .models
        }
    }
}

extension LimitSet {
    /// The `limits` of a request; nil where they were left out.
    init?(wire: Given<[LimitField]>) throws(Problem) {
        switch wire {
        case .left: return nil
        case .null: self = .none
        case .value(let fields):
            do throws(Malformed) {
                try self.init(fields.map(\.limit))
            } catch {
                throw .invalid("limits", error.message)
            }
        }
    }
}
