package import Domain

/// An amount of a limit's metric: a whole number, but of cost dollars as a decimal string.
package enum LimitAmount: Codable, Equatable, Sendable {
    case number(Int64)
    case dollars(String)

    package init(_ amount: Int64, of metric: LimitMetric) {
        self = metric == .cost ? .dollars(Limit.text(amount, of: metric)) : .number(amount)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .dollars(text)
        } else if let number = try? container.decode(Int64.self) {
            self = .number(number)
        } else {
            throw Problem.invalid(
                decoder.codingPath,
                "it has to be a whole number, or of cost dollars as a string, such as \"5.00\"")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .number(let number): try container.encode(number)
        case .dollars(let text): try container.encode(text)
        }
    }

    /// In the metric's unit; `path` is where it stands.
    func value(of metric: LimitMetric, at path: [any CodingKey]) throws(Problem) -> Int64 {
        switch self {
        case .number(let number) where metric != .cost && number >= 0: return number
        case .dollars(let text) where metric == .cost:
            guard let amount = Limit.amount(text, of: metric) else {
                throw .invalid(path, LimitTextError.malformedAmount(text, metric).message)
            }
            return amount
        case .number, .dollars:
            throw .invalid(
                path,
                metric == .cost
                    ? "of cost it has to be dollars as a string, such as \"5.00\""
                    : "of \(metric.rawValue) it has to be a whole number, 0 or more")
        }
    }
}

extension LimitAmount: CustomStringConvertible {
    package var description: String {
        switch self {
        case .number(let number): String(number)
        case .dollars(let text): text
        }
    }
}
