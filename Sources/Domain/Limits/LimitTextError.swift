/// Why a text is no limit. The message says what is wrong and what may stand there instead.
package enum LimitTextError: Error, Hashable, Sendable {
    /// No `=` behind the metric.
    case missingAmount
    case unknownMetric(String)
    case malformedAmount(String, LimitMetric)
    case missingWindow(LimitMetric)
    case unknownWindow(String)
    case windowOfConcurrency
    case malformedPattern(String)

    package static let form =
        "METRIC=AMOUNT/WINDOW[:MODEL-PATTERN], such as requests=100/day or tokens=20000/minute:gpt-6*"

    /// One sentence without its full stop.
    package var message: String {
        switch self {
        case .missingAmount: "a limit is \(Self.form)"
        case .unknownMetric(let text):
            "there is no metric '\(text)': it is one of \(Self.list(LimitMetric.allCases))"
        case .malformedAmount(let text, .cost):
            "the amount '\(text)' is not dollars: digits, with at most nine behind one point, such as 5.00"
        case .malformedAmount(let text, let metric):
            "the amount '\(text)' of \(metric.rawValue) is not a whole number, 0 or more"
        case .missingWindow(let metric):
            "\(metric.rawValue) needs a window: AMOUNT/WINDOW, one of \(Self.list(LimitWindow.allCases))"
        case .unknownWindow(let text):
            "there is no window '\(text)': it is one of \(Self.list(LimitWindow.allCases))"
        case .windowOfConcurrency: "concurrency has no window: write concurrency=4"
        case .malformedPattern(let text): "'\(text)' is no model pattern: \(ModelPattern.rule)"
        }
    }

    static func metric(_ text: String) throws(LimitTextError) -> LimitMetric {
        guard let metric = LimitMetric(rawValue: text) else { throw .unknownMetric(text) }
        return metric
    }

    private static func list<Word: RawRepresentable<String>>(_ words: [Word]) -> String {
        words.map(\.rawValue).joined(separator: ", ")
    }
}
