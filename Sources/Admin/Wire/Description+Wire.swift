import Domain

/// A description as it stands in a request.
extension Description {
    /// nil if it was left out, and a nil within for `null`.
    static func change(wire given: Given<String>) throws(Problem) -> Description?? {
        switch given {
        case .left: return nil
        case .null: return .some(nil)
        case .value(let text):
            guard let description = Description(text) else {
                throw .invalid("description", "it must be \(rule)")
            }
            return description
        }
    }
}
