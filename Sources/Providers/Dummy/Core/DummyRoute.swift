import Domain

/// One endpoint of the dummy provider: a row of the table that its family declares.
struct DummyRoute: Sendable {
    typealias Handler = @Sendable (DummyCall) throws(APIError) -> DummyAnswer

    private enum Segment: Equatable { case text(String), parameter, rest }

    let method: String
    private let segments: [Segment]
    let answer: Handler

    /// `path`: below `/v1/`, without a slash in front. `{}` stands for one segment, `{…}` at the end for all
    /// that are left.
    init(_ method: String, _ path: String, _ answer: @escaping Handler) {
        self.method = method
        self.answer = answer
        segments = path.split(separator: "/").map { segment in
            switch segment {
            case "{}": .parameter
            case "{…}": .rest
            default: .text(String(segment))
            }
        }
    }

    /// What stands for the parameters in `path`; nil if it is not this endpoint's.
    func parameters(of path: [String]) -> [String]? {
        var found: [String] = []
        for (index, segment) in segments.enumerated() {
            guard index < path.count else { return nil }
            switch segment {
            case .text(let text): guard path[index] == text else { return nil }
            case .parameter: found.append(path[index])
            case .rest: return found + [path[index...].joined(separator: "/")]
            }
        }
        return path.count == segments.count ? found : nil
    }
}
